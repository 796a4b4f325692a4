"""The server before the engine: routes, who may use them, and the wire format of OpenAI's completions."""

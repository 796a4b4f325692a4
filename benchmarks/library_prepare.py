"""One preparation, for benchmarks/library_measures.py, which watches or kills it: BOOKS CACHE WORKERS CLUSTER."""

import json
import resource
import sys
import time

from penwright.corpus.preparing import iter_prepare

if __name__ == "__main__":
    books, cache, workers, cluster = sys.argv[1:]
    stages: dict[str, float] = {}
    began = last = time.perf_counter()
    steps = iter_prepare(books, cache_dir=cache, workers=int(workers) or None, cluster=cluster or None)
    doing = "listing"
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            corpus = end.value
            break
        now = time.perf_counter()
        stages[doing] = stages.get(doing, 0.0) + now - last
        last = now
        is_over = progress.books_done == progress.num_books
        doing = f"after {progress.stage}" if is_over else progress.stage
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    facts = {"seconds": time.perf_counter() - began, "stages": stages, "corpus": str(corpus.path)}
    print(json.dumps({**facts, "cpu_seconds": sum(one.ru_utime + one.ru_stime for one in used)}))

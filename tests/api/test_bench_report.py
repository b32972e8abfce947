from api.bench_report import TARGET_MS, measure


def test_a_small_run_tells_of_every_report_and_is_judged_by_the_slowest():
    run = measure(ships=400, known=20, rounds=3)
    assert (run.ships, run.known, len(run.cpu_ms), len(run.concerned)) == (400, 20, 3, 3)
    assert max(run.concerned) > 0
    run.cpu_ms[:] = [1.0, 1.0, TARGET_MS + 1]
    assert not run.met

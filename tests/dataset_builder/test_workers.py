"""Results in the order of the tasks, also where one ends its process."""

from spawned_work import double

from dataset_builder.workers import WorkerDied, run_in_order


def test_results_come_in_order_and_a_task_that_ends_its_process_costs_no_other():
    tasks = [(number, 3) for number in range(6)]
    results = dict(run_in_order(double, tasks, workers=2))
    assert list(results) == list(range(6))
    assert isinstance(results.pop(3), WorkerDied)
    assert results == {number: 2 * number for number in (0, 1, 2, 4, 5)}

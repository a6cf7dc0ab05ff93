"""The sizing model finds the costs that figures were made from, and its plans keep to the limits."""
import dataclasses
import pathlib
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]
from harness import sharing_growth, sizing, workloads  # noqa: E402

COSTS = sizing.Costs(publish_us=20, receive_us=9, write_us=3.5, deliver_us=0.1, cold_us=30, accept_us=40, idle_us=2, node_bytes=15e6,
                     connection_bytes=4000, room_bytes=3000, message_bytes=180, script_us=16, copy_us=0.5, wake_us=60,
                     redis_cold_us=90, redis_rest_us=1200, redis_accept_us=25, redis_idle_us=0.4, redis_bytes=12e6, redis_connection_bytes=250,
                     redis_room_bytes=500, redis_message_bytes=110)
LOAD = sizing.Load(connections=100_000, rooms=1000, messages=1000, readers=100)
PROGRAM = pathlib.Path(__file__).with_name("sizing")


def run_of(workload, costs=COSTS):
    """The result of a run on a machine with these costs."""
    run = {"workload": dataclasses.asdict(workload), "kind": sizing.SHARED, "halvings": 0, "overloaded": False,
           "sent": workload.rate * 4, "seconds_to_last": 4, "memory_before": costs.node_bytes - 1e6}
    reading, publishing = sizing.rooms_of(run)
    run["server_cpu_percent"] = 100 * sizing.node_cpu(costs, 0, reading)
    run["beside"] = [{"cpu_percent": 100 * share, "memory_before": costs.redis_bytes} for share in (
        sizing.redis_cpu(costs, workload.rate, 2), sizing.node_cpu(costs, workload.rate, publishing))]
    return run


def results_of(costs=COSTS):
    """The results of `run --only redis --json`, as far as the model reads them."""
    level = lambda connections: {
        "connections": connections, "missing": 0, "accept_us": costs.accept_us, "redis_accept_us": costs.redis_accept_us,
        "bytes": costs.connection_bytes + 1e6 / connections, "redis_bytes": costs.redis_connection_bytes,
        "idle_cpu": 0.001 + connections * costs.idle_us / 1e6, "redis_idle_cpu": (costs.redis_rest_us + connections * costs.redis_idle_us) / 1e6}
    script = {"redis-benchmark, 10 connections, 64 under way": {"redis": costs.script_us},
              "redis-benchmark, 10 connections, 4 subscribers": {"redis": costs.script_us + 4 * costs.copy_us},
              "10 text clients, 64 under way": {"redis": 1000}}
    return {"sharing": {
        "runs": [run_of(workload, costs) for workload in sharing_growth.SWEEP], "script": [script],
        "idle": {sizing.SHARED: [[level(1000), level(10_000)]]},
        "room_memory": [{"node_room": costs.room_bytes, "redis_room": costs.redis_room_bytes,
                         "node_message": costs.message_bytes, "redis_message": costs.redis_message_bytes}]}}


class Fitting(unittest.TestCase):
    def test_numbers_that_made_the_values_are_found(self):
        rows = [[1, 0, 2], [0, 3, 1], [4, 1, 0], [1, 1, 1]]
        values = [sum(part * x for part, x in zip(row, (5, 0.25, 7))) for row in rows]
        for found, made in zip(sizing.fitted(rows, values), (5, 0.25, 7)):
            self.assertAlmostEqual(found, made, places=6)

    def test_no_number_is_below_zero(self):
        self.assertEqual(sizing.fitted([[1, 1], [1, 2]], [1, 0.5])[1], 0)

    def test_the_costs_of_a_made_up_machine_are_found(self):
        found = dataclasses.asdict(sizing.costs_of(results_of()))
        for name, made in dataclasses.asdict(COSTS).items():
            self.assertAlmostEqual(found[name] / made, 1, delta=0.03, msg=name)

    def test_runs_at_half_the_rate_do_not_count(self):
        results = results_of()
        wrong = {**run_of(sharing_growth.SWEEP[0]), "halvings": 1, "server_cpu_percent": 1e6}
        results["sharing"]["runs"].append(wrong)
        self.assertLess(sizing.costs_of(results).write_us, 2 * COSTS.write_us)


class Parts(unittest.TestCase):
    def test_rare_messages_are_a_write_each(self):
        self.assertAlmostEqual(sizing.writes(1, 10, 3.5), 1, delta=0.01)

    def test_many_messages_share_the_writes_of_the_flush_interval(self):
        self.assertAlmostEqual(sizing.writes(1e6, 1, 0), 1 / sizing.FLUSH_INTERVAL, delta=1)

    def test_a_quiet_room_has_no_writes(self):
        self.assertEqual(sizing.writes(0, 10, 3.5), 0)

    def test_a_node_without_readers_of_a_room_gets_no_message_of_it(self):
        self.assertEqual(sizing.node_cpu(COSTS, 0, [(10, 100, 0)]), 0)

    def test_redis_is_full_when_the_scripts_alone_take_its_time(self):
        most = 1e6 / (COSTS.script_us + 2 * COSTS.copy_us)
        free = dataclasses.replace(COSTS, redis_cold_us=0, redis_rest_us=0)
        self.assertAlmostEqual(sizing.redis_cpu(free, most, 2), 1, places=9)
        self.assertLess(sizing.redis_cpu(free, 0.99 * most, 2), 1)

    def test_a_busier_redis_costs_less_per_message(self):
        each = [sizing.redis_cpu(COSTS, rate, 2) / rate for rate in (10, 1000, 50_000)]
        self.assertEqual(each, sorted(each, reverse=True))

    def test_two_readers_are_on_two_of_very_many_nodes_and_on_one_of_one(self):
        self.assertAlmostEqual(sizing.present(10_000, 2), 2, delta=0.001)
        self.assertEqual(sizing.present(1, 50), 1)

    def test_pushes_are_as_long_as_in_the_workloads(self):
        self.assertEqual(sizing.PUSH + sizing.MESSAGE, workloads.PUSH)


class Plans(unittest.TestCase):
    def test_no_share_is_above_the_limit_and_one_node_less_is_too_few(self):
        limits = sizing.Limits()
        plan = sizing.plan(COSTS, LOAD, limits)
        self.assertLessEqual(max(plan.shares.values()), limits.fill)
        fewer, _ = sizing.node_shares(COSTS, LOAD, limits, plan.nodes - 1)
        self.assertGreater(max(fewer.values()), limits.fill)

    def test_small_loads_need_one_node_and_no_redis(self):
        plan = sizing.plan(COSTS, sizing.Load(1000, 10, 10, 100))
        self.assertEqual((plan.nodes, plan.shards, plan.cores), (1, 0, 1))

    def test_more_load_never_needs_less(self):
        needs = [sizing.plan(COSTS, sizing.Load(100_000 * times, 1000 * times, 1000 * times, 100)) for times in (1, 2, 5, 10, 30)]
        self.assertEqual([plan.nodes for plan in needs], sorted(plan.nodes for plan in needs))
        self.assertEqual([plan.shards for plan in needs], sorted(plan.shards for plan in needs))

    def test_what_is_used_most_breaks_first(self):
        little = sizing.Limits(node_memory=50e6)
        self.assertEqual(sizing.plan(COSTS, sizing.Load(10_000, 100, 1, 100), little).breaks[0], "memory of a node")

    def test_a_room_that_is_too_much_for_one_redis_has_no_plan_by_more_nodes(self):
        self.assertIsNone(sizing.plan(COSTS, sizing.Load(1e6, 10, 1e9, 1e5)))

    def test_larger_messages_need_more_memory(self):
        small, large = (sizing.plan(COSTS, dataclasses.replace(LOAD, size=size)) for size in (64, 4096))
        self.assertGreater(large.redis_bytes, small.redis_bytes)

    def test_messages_are_kept_up_to_the_history(self):
        self.assertEqual(sizing.Load(100, 1, 1000, 100).kept, sizing.HISTORY)
        self.assertAlmostEqual(sizing.Load(100, 1, 0.1, 100).kept, 30)


class Program(unittest.TestCase):
    def run_program(self, *arguments):
        return subprocess.run([sys.executable, PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60, check=False)

    def test_it_has_a_row_for_each_of_three_numbers_of_connections(self):
        done = self.run_program()
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split(" | ")[0] for line in done.stdout.splitlines()[2:]]
        self.assertEqual(rows, ["| 10 000", "| 100 000", "| 1 000 000"])

    def test_each_connection_is_in_one_room_unless_the_rooms_are_given(self):
        done = self.run_program("--connections", "5000", "--readers", "50")
        self.assertTrue(done.stdout.splitlines()[2].startswith("| 5 000 | 100 | 100 | 50 | 5 000 |"), done.stdout)

    def test_a_load_without_connections_is_refused(self):
        self.assertEqual(self.run_program("--rooms", "5").returncode, 2)


if __name__ == "__main__":
    unittest.main()

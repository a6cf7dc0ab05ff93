"""Compares the sizing model with small clusters whose figures it was not made from."""
import dataclasses
import threading

from . import nodes, sizing, workloads

SHARED = workloads.Workload("", "", "flow", 1, connecting=128, settle=1, duration=5)


def load(title, readers, rooms, rate):
    """Readers on one node; in each room a publisher on the other one, who reads as well."""
    return dataclasses.replace(SHARED, title=title, readers=readers + rooms, publishers=rooms, rooms=rooms, rate=rate)


POINTS = (load("600 readers in 60 rooms, 900 messages a second", 600, 60, 900),
          load("2500 readers of one room, 30 messages a second", 2500, 1, 30),
          load("300 readers in 150 rooms, 3000 messages a second", 300, 150, 3000))
BOTH = load("both nodes: 500 readers in 50 rooms, 500 messages a second", 500, 50, 500)


def one_way(campaign, kind, workload):
    with nodes.Cluster(kind, campaign) as cluster:
        return campaign.generate(cluster.reading, kind.load(workload) + cluster.arguments())


def both_ways(campaign, kind, workload):
    """Two generators: what is read on one node is published on the other one, in rooms of its own."""
    found = {}
    with nodes.Cluster(kind, campaign) as cluster:
        sides = {"east": (cluster.reading, cluster.publishing), "west": (cluster.publishing, cluster.reading)}

        def generate(name):
            here, there = sides[name]
            arguments = kind.load(workload) + ["--publish-port", str(there.port), "--beside", str(cluster.redis.group)]
            arguments[arguments.index("--channel") + 1] = f"{name}%"
            found[name] = campaign.generate(here, arguments)
        threads = [threading.Thread(target=generate, args=(name,)) for name in sides]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [found[name] for name in sides]


def faults_of(results):
    wrong = [result["error"] for result in results if "error" in result]
    for result in results:
        wrong += ["overloaded"] if result.get("overloaded") else []
        wrong += [f"{count} {name}" for name, count in result.get("faults", {}).items() if count]
    return ", ".join(wrong)


def compared(costs, workload, result):
    """[what, measured, predicted] of a run with readers on one node and publishers on the other one."""
    reading, publishing = sizing.rooms_of({"workload": vars(workload), **result})
    sent = result["sent"] / result["seconds_to_last"]
    here, redis, there = sizing.measured_cpu(result)
    predicted = [sizing.node_cpu(costs, 0, reading), sizing.node_cpu(costs, sent, publishing), sizing.redis_cpu(costs, sent, 2)]
    grown = result["memory_connected"] - result["memory_before"]
    clients = workload.readers - workload.publishers
    return [["readers' node, CPU %", 100 * here, 100 * predicted[0]],
            ["publishers' node, CPU %", 100 * there, 100 * predicted[1]],
            ["Redis, CPU %", 100 * redis, 100 * predicted[2]],
            ["readers' node, MB more", grown / 1e6,
             (costs.node_bytes - result["memory_before"] + clients * costs.connection_bytes +
              workload.rooms * costs.room_bytes) / 1e6]]


def compared_both(costs, workload, results):
    """The same for a cluster of which each node reads and publishes."""
    rows = []
    sent = sum(result["sent"] / result["seconds_to_last"] for result in results)
    for name, result in zip(("first", "second"), results):
        reading, publishing = sizing.rooms_of({"workload": vars(workload), **result})
        rows.append([f"{name} node, CPU %", result["server_cpu_percent"],
                     100 * sizing.node_cpu(costs, sent / 2, reading + publishing)])
    redis = sum(result["beside"][0]["cpu_percent"] for result in results) / 2
    return rows + [["Redis, CPU %", redis, 100 * sizing.redis_cpu(costs, sent, 2)]]


def check(costs, campaign, build, quick=False):
    """Rows of [load, what, measured, predicted], and failures."""
    kind = nodes.Ours(build, structured=True)
    kind.install()
    rows, failures = [], []
    for workload in (POINTS[:1] if quick else POINTS) + (BOTH,):
        results = both_ways(campaign, kind, workload) if workload is BOTH else [one_way(campaign, kind, workload)]
        wrong = faults_of(results)
        if wrong:
            failures.append(f"{workload.title}: {wrong}")
            continue
        found = compared_both(costs, workload, results) if workload is BOTH else compared(costs, workload, results[0])
        rows += [[workload.title, *row] for row in found]
    return rows, failures

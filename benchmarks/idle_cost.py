"""Computes what the deployed stack costs in a month without uploads.

    python -m benchmarks.idle_cost [--template cdk.out/Tilescout.template.json]

Read from the synthesised template: schedules, queues that Lambda polls, alarms; the guard's reads
are those that the tests count. Prices are those of tilescout.pricing and, for what it does not
hold, the constants below (us-east-1, 2026-11). The guard's metrics cost nothing: it writes none
while there is nothing to tell.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tilescout.pricing import PriceTable
from tilescout.pricing.counted_requests import IDLE_GUARD

MINUTES_A_MONTH = 730 * 60
TRANSITIONS_OF_AN_IDLE_RUN = 3
"""The transitions OpenRun, IsAnythingDue and RunSucceeded."""
SECONDS_OF_AN_IDLE_STEP = 0.15
POLLERS = 5
"""The long polls of 20 seconds that Lambda keeps open on an empty queue."""
ALARM_USD = 0.10
TRACE_USD = 5e-6
"""The price of one trace of X-Ray; a run is one."""


def _resources(template: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == kind:
            yield resource["Properties"]


def _minutes(expression: str) -> int:
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if rate is None:
        return 60
    return int(rate[1]) * {"minute": 1, "hour": 60, "day": 1440}[rate[2]]


def _metrics(alarm: dict[str, Any]) -> int:
    """Counts the metrics that an alarm is billed for; an expression counts all that it reads."""
    read = [metric for metric in alarm.get("Metrics", []) if "MetricStat" in metric]
    return max(1, len(read))


def monthly(template: dict[str, Any], prices: PriceTable) -> dict[str, float]:
    """Returns the US dollars per month by cause."""
    schedules = list(_resources(template, "AWS::Scheduler::Schedule"))
    runs = sum(MINUTES_A_MONTH / _minutes(schedule["ScheduleExpression"]) for schedule in schedules)
    queues = len(list(_resources(template, "AWS::Lambda::EventSourceMapping")))
    alarms = sum(map(_metrics, _resources(template, "AWS::CloudWatch::Alarm")))
    step = prices.lambda_request + 0.5 * SECONDS_OF_AN_IDLE_STEP * prices.lambda_gb_second
    guard = 0.25 * SECONDS_OF_AN_IDLE_STEP * prices.lambda_gb_second
    by_name = prices.by_name()
    asked = sum(by_name[name] * count for name, count in IDLE_GUARD.items())
    polls = queues * POLLERS * 3 * MINUTES_A_MONTH
    return {
        f"{len(schedules)} schedules, {runs:,.0f} runs that find nothing due": runs
        * (TRANSITIONS_OF_AN_IDLE_RUN * prices.step_functions_transition + step + TRACE_USD),
        "the guard, every minute": MINUTES_A_MONTH * guard,
        f"what it asks for, {IDLE_GUARD['dynamodb_read']:g} read units": MINUTES_A_MONTH * asked,
        f"polling {queues} empty queues": polls * prices.sqs_request,
        f"alarms on {alarms} metrics": alarms * ALARM_USD,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--template", type=Path, default=Path("cdk.out/Tilescout.template.json"))
    asked = parser.parse_args()
    costs = monthly(json.loads(asked.template.read_text()), PriceTable())
    print("| idle, a month | US dollars |\n|---|---|")
    for cause, dollars in costs.items():
        print(f"| {cause} | {dollars:.2f} |")
    print(f"| together | {sum(costs.values()):.2f} |")


if __name__ == "__main__":
    main()

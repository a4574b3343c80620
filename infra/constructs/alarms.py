"""The topic that notifies a person, and the kinds of alarm that publish to it."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class Alarms(Construct):
    """One topic; ``email`` subscribes to it where it is not empty."""

    def __init__(self, scope: Construct, id_: str, *, email: str, key: kms.IKey | None) -> None:
        super().__init__(scope, id_)
        # Without a key of ours not encrypted by one: alarms may not publish under the AWS-managed
        # one, and they carry no customer data.
        self.topic = sns.Topic(
            self, "Topic", enforce_ssl=True, master_key=self._without_grants(key)
        )
        self._let_alarms_publish()
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def _without_grants(self, key: kms.IKey | None) -> kms.IKey | None:
        """Returns the key so that CDK adds nothing to its policy, where it sets no condition."""
        return kms.Key.from_key_arn(self, "Key", key.key_arn) if key else None

    def _let_alarms_publish(self) -> None:
        """Lets alarms publish, for a topic with a policy of its own has lost the default one."""
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def above_zero(
        self, id_: str, metric: cloudwatch.IMetric, description: str, *, periods: int = 1
    ) -> None:
        """Fires once ``metric`` counted one in so many periods in a row; missing data is none."""
        self.above(id_, metric, description, limit=0, periods=periods)

    def above(
        self,
        id_: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        limit: float,
        periods: int = 1,
    ) -> None:
        """Fires once ``metric`` exceeded ``limit`` for so many periods; missing data does not."""
        self._add(
            cloudwatch.Alarm(
                self,
                id_,
                metric=metric,
                alarm_description=description,
                threshold=limit,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                evaluation_periods=periods,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
        )

    def silent(self, id_: str, metric: cloudwatch.IMetric, description: str, periods: int) -> None:
        """Fires when ``metric`` counted nothing for ``periods``; missing data is an alarm."""
        self._add(
            cloudwatch.Alarm(
                self,
                id_,
                metric=metric,
                alarm_description=description,
                threshold=1,
                comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                evaluation_periods=periods,
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            )
        )

    def _add(self, alarm: cloudwatch.Alarm) -> None:
        alarm.add_alarm_action(actions.SnsAction(self.topic))

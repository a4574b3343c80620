"""A VPC of the company for the functions: their security group, and the endpoints they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config.account_settings import GATEWAYS, Vpc

HTTPS = 443
INTERFACES = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]
"""The rights by which Lambda connects a function to a VPC, as AWS's managed policy has them."""
WHY_ANY_INTERFACE = "Lambda makes network interfaces whose names nobody knows before."


class Network(Construct):
    """Connects functions to the VPC; ``services`` are those that they call."""

    def __init__(self, scope: Construct, id_: str, *, vpc: Vpc, services: Iterable[str]) -> None:
        super().__init__(scope, id_)
        self._vpc = vpc
        self._groups = list(vpc.security_groups) or [self._functions_group()]
        missing = [service for service in services if not vpc.has_endpoint(service)]
        for service in (each for each in missing if each in GATEWAYS):
            self._endpoint(service, kind="Gateway", route_table_ids=list(vpc.route_tables))
        self._interfaces([service for service in missing if service not in GATEWAYS])

    def _functions_group(self) -> str:
        group = ec2.CfnSecurityGroup(
            self,
            "FunctionsGroup",
            group_description="Functions of Tilescout: HTTPS out, nothing in",
            vpc_id=self._vpc.id,
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp",
                    from_port=HTTPS,
                    to_port=HTTPS,
                    cidr_ip="0.0.0.0/0",
                    description="Services of AWS, by the endpoints of the VPC",
                )
            ],
        )
        return group.attr_group_id

    def _interfaces(self, services: Sequence[str]) -> None:
        if not services:
            return
        group = ec2.CfnSecurityGroup(
            self,
            "EndpointsGroup",
            group_description="Endpoints of Tilescout: HTTPS from its functions",
            vpc_id=self._vpc.id,
            security_group_ingress=[
                ec2.CfnSecurityGroup.IngressProperty(
                    ip_protocol="tcp",
                    from_port=HTTPS,
                    to_port=HTTPS,
                    source_security_group_id=source,
                    description="From the functions",
                )
                for source in self._groups
            ],
        )
        for service in services:
            self._endpoint(
                service,
                kind="Interface",
                subnet_ids=list(self._vpc.subnets),
                security_group_ids=[group.attr_group_id],
                private_dns_enabled=True,
            )

    def _endpoint(self, service: str, *, kind: str, **ways: object) -> None:
        ec2.CfnVPCEndpoint(
            self,
            f"{service.capitalize()}Endpoint",
            vpc_id=self._vpc.id,
            service_name=f"com.amazonaws.{Aws.REGION}.{service}",
            vpc_endpoint_type=kind,
            **ways,  # type: ignore[arg-type]
        )

    def connect(self, function: lambda_.Function) -> None:
        """Runs the function within the VPC."""
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            security_group_ids=self._groups, subnet_ids=list(self._vpc.subnets)
        )

    @staticmethod
    def statement() -> iam.PolicyStatement:
        """Returns the right of a function's role to be connected."""
        return iam.PolicyStatement(actions=INTERFACES, resources=["*"])

"""The CDK app: every AWS resource of Tilescout."""

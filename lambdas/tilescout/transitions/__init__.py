"""The arrows between the statuses of a document: what each writes, and under which condition.

Each function of ``decisions`` decides one of the ``arrows`` and returns a ``StatusChange``.
``aws.tables.document_table.commit_status`` writes it where its condition holds at that moment, and
nothing else writes a status.
"""

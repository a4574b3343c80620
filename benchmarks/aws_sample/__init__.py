"""The published AWS sample for batches with Custom Labels, to be compared with.

https://github.com/aws-samples/amazon-rekognition-custom-labels-batch-processing at 638704a (MIT-0),
re-implemented on the simulated services: the same states, waits and functions. Twelve defects
were read in its source; each is named by its number at the line that has it:

 1  no Retry, no Catch, no time-out in the workflow: one failed function leaves the model on
 2  a refused stop is printed and taken for done; nobody waits for STOPPED
 3  no dead letters: a message that always fails comes back for four days
 4  a start that fails is repeated every 15 minutes, for ever
 5  an error of the describing call is printed, then its unset answer is used
 6  "is the queue empty" counts visible messages only, and only the number's first digit
 7  the model runs for at least 59 minutes, for one image too
 8  nothing is idempotent: random names, and the source is deleted after the answer
 9  keys are decoded by hand, so that only spaces come out right
10  one record a message, fixed confidence, visibility as short as the time-out, no cap on
    concurrency against the model's rate
11  no results to query, no record of cost, no notification, no alarm
12  its README says so: error handling, visibility and time-outs are left to the reader
"""

Feature: Trying again
  How often, when and how late; and that what has had its effect is not done again.

  Scenario Outline: How long to wait before each attempt
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: 503}}}
            catch:
              retry:
                delay: <delay>
                <backoff>
                limit: {attempt: {count: <count>}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://x.test/e", status: 503, instance: /do/0/keep/try/0/fail}
      """
    And fail should run <count> times
    And it should have lasted <lasting>

    Examples:
      | delay       | backoff                   | count | lasting |
      | {hours: 1}  | backoff: {constant: {}}   | 4     | PT3H    |
      | PT1H        | backoff: {linear: {}}     | 4     | PT6H    |
      | PT1H        | backoff: {exponential: {}}| 4     | PT7H    |
      | PT1H        | when: $error.status == 503| 2     | PT1H    |
      | PT0S        | when: "true"              | 5     | PT0S    |

  Scenario: Jitter keeps to its bounds
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: 503}}}
            catch:
              retry: {delay: PT1H, jitter: {from: PT2H, to: PT2H30M}, limit: {attempt: {count: 2}}}
      """
    When it runs
    Then it should fault
    And it should have lasted between PT3H and PT3H30M

  Scenario Outline: Which errors are worth another attempt
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: <status>}}}
            catch:
              as: why
              retry:
                <condition>
                delay: PT1M
                limit: {attempt: {count: 3}}
      """
    When it runs
    Then it should fault
    And fail should run <times> times

    Examples:
      | status | condition                        | times |
      | 503    | when: $error.status == 503       | 3     |
      | 500    | when: $error.status == 503       | 1     |
      | 503    | exceptWhen: $error.status == 503 | 1     |
      | 500    | exceptWhen: $why.status == 503   | 3     |

  Scenario: Only what the catch names is tried again
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
            catch:
              errors: {with: {status: 503}}
              retry: {delay: PT1M, limit: {attempt: {count: 3}}}
      """
    When it runs
    Then it should fault
    And fail should run 1 time

  Scenario: A policy by its name, and success at last
    Given a process:
      """
      use:
        retries:
          patient: {delay: PT10M, limit: {attempt: {count: 10}}}
      do:
        - begin: {set: {n: 0}, export: {as: {n: 0}}}
        - keep:
            try:
              - count: {set: {n: "${ $context.n + 1 }"}, export: {as: "${ . }"}}
              - fail: {if: .n < 3, raise: {error: {type: "https://x.test/e", status: 503}}}
            catch: {retry: patient}
      """
    When it runs
    Then it should complete with:
      """
      {n: 3}
      """
    And it should have lasted PT20M

  Scenario: The time for all attempts
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: 503}}}
            catch:
              retry: {delay: PT1H, limit: {duration: PT3H30M}}
      """
    When it runs
    Then it should fault with:
      """
      {status: 503}
      """
    And fail should run 4 times
    And it should have lasted PT3H

  Scenario: The time for each attempt
    Given a process:
      """
      do:
        - keep:
            try:
              - slow: {wait: PT5H}
            catch:
              errors: {with: {status: 408}}
              retry: {delay: PT1H, limit: {attempt: {count: 2, duration: PT2H}}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/timeout", status: 408}
      """
    And slow should run 2 times
    And it should have lasted PT5H

  Scenario: The limits may be computed
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: 503}}}
            catch:
              retry: {delay: '${ "PT\(.hours)H" }', limit: {attempt: {count: 3}}}
      """
    And the workflow input is:
      """
      {hours: 2}
      """
    When it runs
    Then it should fault
    And it should have lasted PT4H

  Scenario: What has had its effect is not done again
    Given a process:
      """
      do:
        - begin: {set: {n: 0}, export: {as: {n: 0}}}
        - keep:
            try:
              - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
              - tell: {emit: {event: {with: {type: test.paid, source: urn:test}}}}
              - count: {set: {n: "${ $context.n + 1 }"}, export: {as: "${ . }"}}
              - fail: {if: .n < 4, raise: {error: {type: "https://x.test/e", status: 503}}}
            catch: {retry: {delay: PT1H, limit: {attempt: {count: 5}}}}
      """
    When it runs
    Then it should complete with:
      """
      {n: 4}
      """
    And pay should run 4 times
    And the effect billing.charge should have happened 1 time
    And the effect events.publish should have happened 1 time

  Scenario: What has had its effect is not done again, in however many runs
    Given a process:
      """
      do:
        - begin: {set: {n: 0}, export: {as: {n: 0}}}
        - keep:
            try:
              - loop:
                  for: {in: [1, 2]}
                  do:
                    - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
                    - rest: {wait: PT1H}
              - count: {set: {n: "${ $context.n + 1 }"}, export: {as: "${ . }"}}
              - fail: {if: .n < 4, raise: {error: {type: "https://x.test/e", status: 503}}}
            catch: {retry: {delay: PT1H, limit: {attempt: {count: 5}}}}
      """
    And a new run begins after 5 events
    When it runs
    Then it should complete with:
      """
      {n: 4}
      """
    And it should have taken several runs
    And the effect billing.charge should stand 2 times
    And it should have lasted PT11H

  Scenario: What was taken back between two attempts is done again
    Given a process:
      """
      do:
        - begin: {set: {n: 0}, export: {as: {n: 0}}}
        - keep:
            try:
              - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
              - count: {set: {n: "${ $context.n + 1 }"}, export: {as: "${ . }"}}
              - back: {if: .n < 3, call: undo}
              - fail: {if: $context.n < 3, raise: {error: {type: "https://x.test/e", status: 503}}}
            catch: {retry: {delay: PT1H, limit: {attempt: {count: 5}}}}
      """
    When it runs
    Then it should complete
    And the effect billing.charge should have happened 3 times
    And the effect billing.charge should stand 1 time

  Scenario: Attempts go on with their number in a new run
    Given a process:
      """
      do:
        - keep:
            try:
              - rest: {wait: PT1H}
              - fail: {raise: {error: {type: "https://x.test/e", status: 503}}}
            catch: {retry: {delay: PT1H, backoff: {linear: {}}, limit: {attempt: {count: 5}}}}
      """
    And a new run begins after 3 events
    When it runs
    Then it should fault with:
      """
      {status: 503}
      """
    And it should have lasted PT15H
    And it should have taken several runs

  Scenario: A retry inside a retry
    Given a process:
      """
      do:
        - outer:
            try:
              - inner:
                  try:
                    - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
                    - fail: {raise: {error: {type: "https://x.test/e", status: 503}}}
                  catch: {retry: {delay: PT1M, limit: {attempt: {count: 3}}}}
            catch: {retry: {delay: PT1H, limit: {attempt: {count: 2}}}}
      """
    When it runs
    Then it should fault
    And fail should run 6 times
    And the effect billing.charge should have happened 1 time

  Scenario: A question is asked again in the next attempt, and no earlier one stays open
    Given an item:
      """
      forms: {ask: [decision]}
      process:
        do:
          - keep:
              try:
                - ask:
                    call: ask-customer
                    with: {form: ask, wait: P5D}
                    metadata: {title: {en: Well, es: Bien, pt: Bem}}
                    timeout: {after: P1D}
              catch:
                errors: {with: {status: 408}}
                retry: {delay: P1D, limit: {attempt: {count: 3}}}
      """
    When it runs for P4DT1H
    Then it should be waiting
    And 3 questions should have been asked, of which 1 is open

Feature: Time
  Waiting, and giving up in time.

  Scenario Outline: A process waits by the clock
    Given a process:
      """
      do:
        - rest: {wait: <length>}
        - done: {set: {given: "${ . }"}}
      """
    And the workflow input is:
      """
      {hours: 5}
      """
    When it runs
    Then it should complete with:
      """
      {given: {hours: 5}}
      """
    And it should have lasted <lasting>

    Examples:
      | length                         | lasting |
      | {hours: 2, minutes: 30}        | PT2H30M |
      | PT1H30M                        | PT1H30M |
      | P1W                            | P7D     |
      | {days: 90}                     | P90D    |
      | '${ "PT\(.hours)H" }'          | PT5H    |
      | "${ {hours: (.hours * 2)} }"   | PT10H   |
      | {milliseconds: 1}              | PT0S    |

  Scenario Outline: A length that is none is an error
    Given a process:
      """
      do:
        - rest: {wait: "${ .length }"}
      """
    And the workflow input is:
      """
      {length: <length>}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", instance: /do/0/rest}
      """

    Examples:
      | length                 |
      | soon                   |
      | P1M                    |
      | {years: 1}             |
      | {hours: -1}            |
      | {days: 99999999999}    |
      | P99999999D             |
      | 5                      |

  Scenario: A whole process may take only so long
    Given a process:
      """
      timeout: {after: PT1H}
      do:
        - rest: {wait: PT2H}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/timeout", status: 408}
      """
    And it should have lasted PT1H
    And rest should have been cancelled

  Scenario Outline: A task may take only so long
    Given a process:
      """
      use: {timeouts: {short: {after: PT1H}}}
      do:
        - keep:
            try:
              - slow: {timeout: <timeout>, <task>}
            catch:
              errors: {with: {status: 408}}
              as: why
              do:
                - late: {set: {at: "${ $why.instance }"}}
      """
    And the workflow input is:
      """
      {hours: 1}
      """
    When it runs
    Then it should complete with:
      """
      {at: /do/0/keep/try/0/slow}
      """
    And it should have lasted PT1H

    Examples:
      | timeout                         | task                                           |
      | {after: PT1H}                   | wait: P1D                                      |
      | {after: {hours: 1}}             | do: [{rest: {wait: PT30M}}, {more: {wait: P1D}}] |
      | short                           | wait: P1D                                      |
      | {after: '${ "PT\(.hours)H" }'}  | for: {in: [1, 2, 3]}, do: [{rest: {wait: PT40M}}] |
      | {after: PT1H}                   | listen: {to: {one: {with: {type: never}}}}     |
      | {after: PT1H}                   | fork: {branches: [{a: {wait: P1D}}, {b: {wait: PT1M}}]} |
      | {after: PT1H}                   | fork: {compete: true, branches: [{a: {wait: P1D}}, {b: {wait: P2D}}]} |
      | {after: PT1H}                   | try: [{a: {wait: P1D}}], catch: {errors: {with: {status: 500}}} |
      | {after: PT1H}                   | try: [{a: {raise: {error: {type: "https://x.test/e", status: 500}}}}], catch: {retry: {delay: P1D, limit: {attempt: {count: 5}}}} |
      | {after: PT1H}                   | call: wait-until, with: {moment: "2090-01-01T00:00:00Z"} |

  Scenario: A task that is done in time
    Given a process:
      """
      do:
        - quick: {timeout: {after: PT2H}, do: [{rest: {wait: PT1H}}, {made: {set: {n: 1}}}]}
      """
    When it runs
    Then it should complete with:
      """
      {n: 1}
      """
    And it should have lasted PT1H

  Scenario: Of two limits the shorter one counts
    Given a process:
      """
      do:
        - keep:
            try:
              - outer:
                  timeout: {after: PT3H}
                  do:
                    - inner: {timeout: {after: PT1H}, wait: P1D}
            catch: {as: why, do: [{late: {set: {at: "${ $why.instance }"}}}]}
      """
    When it runs
    Then it should complete with:
      """
      {at: /do/0/keep/try/0/outer/do/0/inner}
      """
    And it should have lasted PT1H

  Scenario: An inner process may take only so long
    Given a process:
      """
      do:
        - inner: {run: {workflow: {namespace: test, name: slow, version: 1.0.0}}}
      """
    And beside it the process slow:
      """
      timeout: {after: PT1H}
      do:
        - rest: {wait: P1D}
      """
    When it runs
    Then it should fault with:
      """
      {status: 408}
      """
    And it should have lasted PT1H

  Scenario: A question that nobody answers in time is closed, and its stage goes on
    Given an item:
      """
      stages: [received, checked]
      forms: {ask: [decision]}
      process:
        do:
          - keep:
              try:
                - ask:
                    call: ask-customer
                    with: {form: ask, wait: P20D}
                    metadata: {title: {en: Well, es: Bien, pt: Bem}, stage: checked}
                    timeout: {after: P2D}
              catch: {errors: {with: {status: 408}}, do: [{late: {set: {late: true}}}]}
          - rest: {wait: P1D}
      """
    When it runs for P2DT1H
    Then it should be waiting
    And 1 question should have been asked, of which 0 are open
    And the stages should be received done, checked in-progress

  Scenario: What was waited for in vain is not listened to any more
    Given a process:
      """
      do:
        - keep:
            try:
              - hear: {timeout: {after: PT1H}, listen: {to: {one: {with: {type: never}}}}}
            catch: {do: [{late: {set: {late: true}}}]}
        - rest: {wait: P1D}
      """
    When it runs for PT2H
    Then it should be waiting
    And it should listen to nothing

  Scenario: What was charged before the time was over stays, and is not charged again
    Given a process:
      """
      do:
        - keep:
            try:
              - slow:
                  timeout: {after: PT1H}
                  do:
                    - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
                    - rest: {wait: P1D}
            catch: {errors: {with: {status: 408}}, retry: {delay: PT1M, limit: {attempt: {count: 3}}}}
      """
    When it runs
    Then it should fault with:
      """
      {status: 408}
      """
    And the effect billing.charge should have happened 1 time

  Scenario Outline: A limit is kept to across runs, and so is what has come of it
    Given a process:
      """
      do:
        - keep:
            try:
              - work:
                  timeout: {after: PT10H}
                  do:
                    - note: {set: {n: 1}, export: {as: "${ . }"}}
                    - one: {wait: <rest>}
                    - two: {wait: <rest>}
                    - three: {wait: <rest>}
            catch:
              errors: {with: {status: 408}}
              do:
                - late: {set: {late: "${ $context.n }"}}
        - more: {wait: P1D}
        - again: {wait: P1D}
      """
    And a new run begins after 3 events
    When it runs
    Then it should complete with:
      """
      <result>
      """
    And it should have lasted <lasting>
    And it should have taken several runs

    Examples:
      | rest | result    | lasting  |
      | PT2H | {n: 1}    | P2DT6H   |
      | PT4H | {late: 1} | P2DT10H  |

  Scenario: An inner wait for a moment
    Given a process:
      """
      do:
        - when: {set: {moment: "${ ($now | fromdateiso8601) + 7200 | todateiso8601 }"}}
        - rest: {call: wait-until, with: {moment: "${ .moment }"}}
      """
    When it runs
    Then it should complete with:
      """
      {reached: true}
      """
    And it should have lasted PT2H

Feature: Long histories and withdrawals
  In each kind of wait a process goes on in a new run, or ends because its customer withdraws.

  Scenario Outline: A new run in the middle of a wait
    Given an item:
      """
      forms: {ask: [decision]}
      process:
        do:
          - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
          - note: {set: {n: 1}, export: {as: {noted: true}}}
          - first: {wait: P1D}
          - wait: <task>
          - second: {wait: P1D}
          - third: {wait: P1D}
          - look: {set: {noted: "${ $context.noted }"}}
      """
    And these people:
      """
      - {form: ask, answers: {decision: approve}, after: P3D}
      """
    And after P4D an event comes of type test.a
    And a new run begins after <limit> events
    When it runs
    Then it should complete with:
      """
      {noted: true}
      """
    And it should have lasted <lasting>
    And it should have taken several runs
    And the effect billing.charge should have happened <charges> times
    And the effect billing.charge should stand <charges> times
    And <asked> questions should have been asked, of which 0 are open
    And it should listen to nothing

    Examples:
      | limit | lasting | charges | asked | task |
      | 3     | P6D     | 1 | 0 | {wait: P3D} |
      | 3     | P6D     | 1 | 1 | {call: ask-customer, with: {form: ask, wait: P9D, reminders: [P1D, P2D]}, metadata: {title: {en: A, es: A, pt: A}}} |
      | 8     | P6D     | 1 | 1 | {call: ask-customer, with: {form: ask, wait: P9D, reminders: [P1D, P2D]}, metadata: {title: {en: A, es: A, pt: A}}} |
      | 3     | P5D     | 1 | 1 | {call: ask-customer, with: {form: ask, wait: P2D, reminders: [P1D]}, metadata: {title: {en: A, es: A, pt: A}}} |
      | 3     | P6D     | 1 | 1 | {call: approval, with: {form: ask, deciders: {group: operations, deadline: P9D, reminders: [P1D]}}, metadata: {title: {en: A, es: A, pt: A}}} |
      | 3     | P6D     | 1 | 1 | {call: task, with: {form: ask, deciders: {group: operations, deadline: P9D}}, metadata: {title: {en: A, es: A, pt: A}}} |
      | 3     | P6D     | 1 | 0 | {listen: {to: {one: {with: {type: test.a}}}}} |
      | 3     | P6D     | 1 | 0 | {fork: {branches: [{a: {wait: P1D}}, {b: {wait: P3D}}, {c: {listen: {to: {one: {with: {type: test.a}}}}}}]}} |
      | 3     | P4D     | 1 | 0 | {fork: {compete: true, branches: [{a: {wait: P1D}}, {b: {wait: P3D}}]}} |
      | 3     | P6D     | 1 | 1 | {fork: {compete: true, branches: [{a: {wait: P9D}}, {b: {call: ask-customer, with: {form: ask, wait: P9D}, metadata: {title: {en: A, es: A, pt: A}}}}]}} |
      | 3     | P6D     | 1 | 0 | {for: {in: [1, 2, 3]}, do: [{rest: {wait: P1D}}]} |
      | 3     | P6D     | 4 | 0 | {for: {in: [1, 2, 3]}, do: [{pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}}, {rest: {wait: P1D}}]} |
      | 3     | P6D     | 1 | 0 | {do: [{a: {set: {n: 0}}}, {rest: {wait: P1D}}, {more: {set: {n: "${ .n + 1 }"}}}, {back: {switch: [{again: {when: .n < 3, then: rest}}]}}]} |
      | 3     | P6D     | 4 | 0 | {do: [{a: {set: {n: 0}}}, {rest: {do: [{pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}, output: {as: $input}}}, {rest: {wait: P1D}}]}}, {more: {set: {n: "${ .n + 1 }"}}}, {back: {switch: [{again: {when: .n < 3, then: rest}}]}}]} |
      | 3     | P6D     | 1 | 0 | {try: [{rest: {wait: P2D}}, {fail: {raise: {error: {type: "https://x.test/e", status: 500}}}}], catch: {do: [{rest: {wait: P1D}}]}} |
      | 3     | P5D     | 1 | 0 | {timeout: {after: P3D}, try: [{rest: {wait: P1D}}, {more: {timeout: {after: P1D}, wait: P9D}}], catch: {errors: {with: {status: 408}}}} |
      | 3     | P6D     | 1 | 0 | {call: wait-until, with: {moment: "${ ($now \| fromdateiso8601) + 259200 \| todateiso8601 }"}} |

  Scenario: A new run in the middle of a sub-process, of one that is not awaited and of a retry
    Given a process:
      """
      do:
        - aside: {run: {await: false, workflow: {namespace: test, name: slow, version: 1.0.0, input: {n: 1}}}}
        - inner: {run: {workflow: {namespace: test, name: slow, version: 1.0.0, input: {n: 2}}}}
        - keep:
            try:
              - count: {set: {n: "${ ($context.n // 0) + 1 }"}, export: {as: "${ . }"}}
              - rest: {wait: P1D}
              - fail: {if: .n < 3, raise: {error: {type: "https://x.test/e", status: 503}}}
            catch: {retry: {delay: P1D, limit: {attempt: {count: 3}}}}
        - more: {wait: P1D}
        - look: {set: {n: "${ .n }"}}
      """
    And beside it the process slow:
      """
      do:
        - rest: {wait: P1D}
        - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
        - more: {wait: P1D}
      """
    And a new run begins after 3 events
    When it runs
    Then it should complete with:
      """
      {n: 3}
      """
    And it should have lasted P8D
    And the effect billing.charge should have happened 2 times

  Scenario: A loop that goes round for long carries only its last round
    Given a process:
      """
      do:
        - begin: {set: {n: 0}}
        - tick: {do: [{rest: {wait: PT1H}}, {pay: {call: notify, with: {message: process.said}, output: {as: $input}}}]}
        - more: {set: {n: "${ .n + 1 }"}}
        - back: {switch: [{again: {when: .n < 60, then: tick}}]}
      """
    And a new run begins after 40 events
    When it runs
    Then it should complete with:
      """
      {n: 60}
      """
    And it should have lasted P2DT12H
    And no run should have begun with more than 12000 bytes
    And the effect notices.notify should have happened 60 times

  Scenario: A loop through a list carries only its last round
    Given a process:
      """
      do:
        - begin: {set: {n: 0}}
        - weeks:
            for: {in: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}
            do:
              - days:
                  for: {in: [1, 2, 3, 4, 5, 6, 7]}
                  do:
                    - rest: {wait: P1D}
                    - more: {set: {n: "${ .n + 1 }"}}
      """
    And a new run begins after 20 events
    When it runs
    Then it should complete with:
      """
      {n: 84}
      """
    And it should have lasted P84D
    And no run should have begun with more than 8000 bytes

  Scenario Outline: A customer withdraws in the middle of a wait
    Given an item:
      """
      stages: [running]
      customer_can: {withdraw_until: running}
      forms: {ask: [decision]}
      process:
        do:
          - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
          - wait: <task>
          - never: {set: {n: 1}}
      """
    And beside it the process slow:
      """
      do:
        - rest: {wait: P3D}
        - never: {set: {n: 1}}
      """
    And after P1D the customer withdraws
    And a new run begins after <limit> events
    When it runs
    Then it should be withdrawn
    And it should have lasted P1D
    And the effect billing.charge should stand 0 times
    And <asked> questions should have been asked, of which 0 are open
    And never should not run

    Examples:
      | limit | asked | task |
      | 999 | 0 | {wait: P3D} |
      | 3   | 0 | {do: [{a: {wait: PT1H}}, {b: {wait: P3D}}]} |
      | 999 | 1 | {call: ask-customer, with: {form: ask, wait: P9D}, metadata: {title: {en: A, es: A, pt: A}}} |
      | 3   | 1 | {call: approval, with: {form: ask, deciders: {group: operations, deadline: P9D}}, metadata: {title: {en: A, es: A, pt: A}}} |
      | 999 | 0 | {listen: {to: {one: {with: {type: test.a}}}}} |
      | 999 | 0 | {timeout: {after: P2D}, wait: P3D} |
      | 999 | 1 | {fork: {branches: [{a: {wait: P3D}}, {b: {call: ask-customer, with: {form: ask, wait: P9D}, metadata: {title: {en: A, es: A, pt: A}}}}]}} |
      | 999 | 0 | {fork: {compete: true, branches: [{a: {wait: P3D}}, {b: {do: [{pay: {call: charge, with: {amount: 5, currency: EUR, method: invoice}}}, {rest: {wait: P4D}}]}}]}} |
      | 3   | 0 | {fork: {compete: true, branches: [{a: {wait: P3D}}, {b: {do: [{pay: {call: charge, with: {amount: 5, currency: EUR, method: invoice}}}, {rest: {wait: P4D}}]}}]}} |
      | 999 | 0 | {for: {in: [1, 2]}, do: [{rest: {wait: P3D}}]} |
      | 999 | 0 | {try: [{fail: {raise: {error: {type: "https://x.test/e", status: 500}}}}], catch: {retry: {delay: P2D, limit: {attempt: {count: 5}}}}} |
      | 999 | 0 | {try: [{rest: {wait: P3D}}], catch: {do: [{never: {set: {n: 2}}}]}} |
      | 999 | 0 | {try: [{fail: {raise: {error: {type: "https://x.test/e", status: 500}}}}], catch: {do: [{rest: {wait: P3D}}]}} |
      | 999 | 0 | {run: {workflow: {namespace: test, name: slow, version: 1.0.0}}} |
      | 999 | 0 | {do: [{aside: {run: {await: false, workflow: {namespace: test, name: slow, version: 1.0.0}}}}, {rest: {wait: P5D}}]} |
      | 999 | 0 | {call: wait-until, with: {moment: "2090-01-01T00:00:00Z"}} |

  Scenario: Beyond the point of no return nobody withdraws
    Given an item:
      """
      stages: [received, carried-out]
      customer_can: {withdraw_until: received}
      process:
        do:
          - rest: {wait: P1D}
          - go: {wait: P5D, metadata: {stage: carried-out}}
      """
    And after P2D the customer withdraws
    When it is tried for P9D
    Then the attempt should be refused

  Scenario: Withdrawn before the point of no return, in a branch
    Given an item:
      """
      stages: [received, carried-out]
      customer_can: {withdraw_until: received}
      process:
        do:
          - both:
              fork:
                branches:
                  - a: {do: [{rest: {wait: P5D}}, {go: {call: set-stage, with: {stage: carried-out}}}]}
                  - b: {do: [{pay: {call: charge, with: {amount: 5, currency: EUR, method: invoice}}}, {rest: {wait: P9D}}]}
      """
    And after P2D the customer withdraws
    When it runs
    Then it should be withdrawn
    And the effect billing.charge should stand 0 times

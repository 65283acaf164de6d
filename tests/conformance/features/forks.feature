Feature: Branches side by side
  All of them, or the first to finish.

  Scenario: All branches are done, whichever is first
    Given a process:
      """
      do:
        - both:
            fork:
              branches:
                - slow: {do: [{rest: {wait: PT3H}}, {made: {set: {by: slow}}}]}
                - quick: {set: {by: quick}}
                - given: {set: {n: "${ .n }"}}
      """
    And the workflow input is:
      """
      {n: 1}
      """
    When it runs
    Then it should complete with:
      """
      [{by: slow}, {by: quick}, {n: 1}]
      """
    And it should have lasted PT3H

  Scenario: Branches wait at the same time
    Given a process:
      """
      do:
        - both: {fork: {branches: [{a: {wait: PT3H}}, {b: {wait: PT2H}}, {c: {wait: PT1H}}]}}
      """
    When it runs
    Then it should complete
    And it should have lasted PT3H

  Scenario: The first branch to finish wins
    Given a process:
      """
      do:
        - race:
            fork:
              compete: true
              branches:
                - slow: {do: [{rest: {wait: PT3H}}, {made: {set: {by: slow}}}]}
                - quick: {do: [{rest: {wait: PT1H}}, {made: {set: {by: quick}}}]}
      """
    When it runs
    Then it should complete with:
      """
      {by: quick}
      """
    And it should have lasted PT1H
    And slow should have been cancelled

  Scenario: Of branches that finish at once the first one wins
    Given a process:
      """
      do:
        - race:
            fork:
              compete: true
              branches: [{a: {set: {by: a}}}, {b: {set: {by: b}}}]
      """
    When it runs
    Then it should complete with:
      """
      {by: a}
      """

  Scenario: A branch that fails does not win
    Given a process:
      """
      do:
        - race:
            fork:
              compete: true
              branches:
                - broken: {raise: {error: {type: "https://x.test/e", status: 500}}}
                - slow: {do: [{rest: {wait: PT3H}}, {made: {set: {by: slow}}}]}
      """
    When it runs
    Then it should complete with:
      """
      {by: slow}
      """

  Scenario: A race that all lose fails with the first error
    Given a process:
      """
      do:
        - race:
            fork:
              compete: true
              branches:
                - later: {do: [{rest: {wait: PT1H}}, {fail: {raise: {error: {type: "https://x.test/a", status: 500}}}}]}
                - now: {raise: {error: {type: "https://x.test/b", status: 500}}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://x.test/a", instance: /do/0/race/fork/branches/0/later/do/1/fail}
      """

  Scenario: The error of one branch ends the others, and can be caught
    Given a process:
      """
      do:
        - keep:
            try:
              - both:
                  fork:
                    branches:
                      - slow: {wait: P5D}
                      - broken: {do: [{rest: {wait: PT1H}}, {fail: {raise: {error: {type: "https://x.test/e", status: 500}}}}]}
            catch: {as: why, do: [{tell: {set: {at: "${ $why.instance }"}}}]}
      """
    When it runs
    Then it should complete with:
      """
      {at: /do/0/keep/try/0/both/fork/branches/1/broken/do/1/fail}
      """
    And slow should have been cancelled
    And it should have lasted PT1H

  Scenario: end in one branch ends the process
    Given a process:
      """
      do:
        - both:
            fork:
              branches:
                - slow: {wait: P5D}
                - last: {do: [{rest: {wait: PT1H}}, {done: {set: {by: last}, then: end}}]}
        - never: {set: {n: 0}}
      """
    When it runs
    Then it should complete with:
      """
      {by: last}
      """
    And it should have lasted PT1H

  Scenario: exit in a branch ends the branch
    Given a process:
      """
      do:
        - both:
            fork:
              branches:
                - a: {do: [{one: {set: {n: 1}, then: exit}}, {two: {set: {n: 2}}}]}
                - b: {set: {n: 3}, then: exit}
        - next: {set: {all: "${ . }"}}
      """
    When it runs
    Then it should complete with:
      """
      {all: [{n: 1}, {n: 3}]}
      """

  Scenario: What the loser has done is taken back, and its question is closed
    Given an item:
      """
      forms: {ask: [decision]}
      process:
        do:
          - race:
              fork:
                compete: true
                branches:
                  - asked:
                      do:
                        - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
                        - ask:
                            call: ask-customer
                            with: {form: ask, wait: P20D}
                            metadata: {title: {en: Well, es: Bien, pt: Bem}}
                  - late:
                      do:
                        - kept: {call: charge, with: {amount: 200, currency: EUR, method: invoice}}
                        - rest: {wait: P2D}
                        - made: {set: {late: true}}
          - rest: {wait: P1D}
      """
    When it runs for P2DT1H
    Then it should be waiting
    And 1 question should have been asked, of which 0 are open
    And the effect billing.charge should have happened 2 times
    And the effect billing.charge should stand 1 time
    And the stages should be running in-progress

  Scenario: What the loser has done within a retried list is taken back too
    Given a process:
      """
      do:
        - keep:
            try:
              - race:
                  fork:
                    compete: true
                    branches:
                      - loser:
                          do:
                            - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
                            - rest: {wait: P5D}
                      - winner: {wait: PT1H}
              - fail: {raise: {error: {type: "https://x.test/e", status: 503}}}
            catch: {retry: {delay: PT1H, limit: {attempt: {count: 2}}}}
      """
    When it runs
    Then it should fault
    And the effect billing.charge should have happened 2 times
    And the effect billing.charge should stand 0 times

  Scenario: What one branch keeps, the others do not see; afterwards it is put together
    Given a process:
      """
      do:
        - begin: {set: {n: 0}, export: {as: {all: 0, old: 1}}}
        - both:
            fork:
              branches:
                - a:
                    do:
                      - one: {set: {n: 1}, export: {as: "${ $context + {a: 1, all: 1} }"}}
                      - rest: {wait: PT2H}
                      - see: {set: {saw: "${ $context }"}}
                - b:
                    do:
                      - one: {set: {n: 1}, export: {as: "${ $context + {b: 2, all: 2} | del(.old) }"}}
                      - see: {set: {saw: "${ $context }"}}
        - look: {set: {branches: "${ . }", after: "${ $context }"}}
      """
    When it runs
    Then it should complete with:
      """
      branches: [{saw: {all: 1, old: 1, a: 1}}, {saw: {all: 2, b: 2}}]
      after: {all: 2, a: 1, b: 2}
      """

  Scenario Outline: What branches keep does not depend on the runs in which they did
    Given a process:
      """
      do:
        - both:
            fork:
              branches:
                - a:
                    do:
                      - slow: {wait: P2D}
                      - keep: {set: {n: 1}, export: {as: {by: a, a: 1}}}
                      - more: {wait: P2D}
                - b:
                    do:
                      - quick: {wait: P1D}
                      - keep: {set: {n: 1}, export: {as: {by: b, b: 1}}}
                      - more: {wait: P5D}
        - rest: {wait: P1D}
        - more: {wait: P1D}
        - look: {set: {after: "${ $context }"}}
      """
    And a new run begins after <limit> events
    When it runs
    Then it should complete with:
      """
      {after: {by: b, a: 1, b: 1}}
      """

    Examples:
      | limit |
      | 3     |
      | 6     |
      | 1000  |

  Scenario: The winner's memory is kept, the loser's is not
    Given a process:
      """
      do:
        - race:
            fork:
              compete: true
              branches:
                - loser: {do: [{keep: {set: {n: 1}, export: {as: {by: loser}}}}, {rest: {wait: P2D}}]}
                - winner: {do: [{rest: {wait: P1D}}, {keep: {set: {n: 2}, export: {as: {by: winner}}}}]}
        - rest: {wait: P1D}
        - more: {wait: P1D}
        - look: {set: {by: "${ $context.by }"}}
      """
    And a new run begins after 3 events
    When it runs
    Then it should complete with:
      """
      {by: winner}
      """
    And it should have taken several runs
    And it should have lasted P3D

  Scenario: Forks in forks
    Given a process:
      """
      do:
        - outer:
            fork:
              branches:
                - a: {fork: {compete: true, branches: [{x: {wait: P1D}}, {y: {set: {by: y}}}]}}
                - b: {fork: {branches: [{x: {set: {by: x}}}, {y: {wait: PT1H}}]}}
      """
    When it runs
    Then it should complete with:
      """
      [{by: y}, [{by: x}, {}]]
      """

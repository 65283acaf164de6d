Feature: Taking back
  What has had an effect is taken back when the request does not succeed, or when the process says so.

  Background:
    Given a process:
      """
      use:
        functions:
          pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
          write: {call: post-ledger, with: {currency: EUR, text: A scenario, entries: [{account: fees, debit: 100}, {account: cash, credit: 100}]}}
      do:
        - pay: {call: pay}
      """

  Scenario: What succeeds stays
    When it runs
    Then it should complete
    And the effect billing.charge should stand 1 time

  Scenario: An error that nobody catches takes everything back
    Given the tasks:
      """
      - one: {call: pay}
      - two: {call: pay}
      - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
      """
    When it runs
    Then it should fault
    And the effect billing.charge should have happened 2 times
    And the effect billing.charge should stand 0 times

  Scenario: Taking back at the end of a list that fails
    Given the tasks:
      """
      - keep:
          try:
            - one: {call: pay}
            - two: {call: pay}
            - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
          catch:
            do:
              - back: {call: undo}
              - instead: {call: pay, output: {as: "${ {status} }"}}
      """
    When it runs
    Then it should complete with:
      """
      {status: invoiced}
      """
    And the effect billing.charge should have happened 3 times
    And the effect billing.charge should stand 1 time

  Scenario: Taking back half way, and how much it was
    Given the tasks:
      """
      - one: {call: pay}
      - ask: {listen: {to: {one: {with: {type: test.a}}}}}
      - two: {call: pay}
      - back: {call: undo}
      """
    And after PT1H an event comes of type test.a
    When it runs
    Then it should complete with:
      """
      {undone: 2}
      """
    And the effect billing.charge should stand 0 times

  Scenario: Answered questions are nothing to take back
    Given an item:
      """
      forms: {ask: [decision]}
      process:
        do:
          - ask: {call: ask-customer, with: {form: ask, wait: P5D}, metadata: {title: {en: Well, es: Bien, pt: Bem}}}
          - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
          - back: {call: undo}
      """
    And these people:
      """
      - {form: ask, answers: {decision: approve}, after: PT1H}
      """
    When it runs
    Then it should complete with:
      """
      {undone: 1}
      """

  Scenario: Taking back twice takes back once
    Given the tasks:
      """
      - one: {call: pay}
      - back: {call: undo}
      - again: {call: undo}
      - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
      """
    When it runs
    Then it should fault
    And the effect billing.refund should have happened 1 time

  Scenario Outline: What is to be taken back is known in every run
    Given the tasks:
      """
      - one: {call: pay}
      - rest: {wait: P1D}
      - loop:
          for: {in: [1, 2]}
          do:
            - two: {call: pay}
            - more: {wait: P1D}
      - last: <last>
      """
    And a new run begins after 3 events
    When it runs
    Then the effect billing.charge should have happened 3 times
    And the effect billing.charge should stand <standing> times
    And it should have taken several runs

    Examples:
      | last                                                           | standing |
      | {set: {n: 1}}                                                  | 3        |
      | {call: undo}                                                   | 0        |
      | {raise: {error: {type: "https://x.test/e", status: 500}}}      | 0        |

  Scenario: A new run in the middle of taking back
    Given the tasks:
      """
      - one: {call: pay}
      - two: {call: pay}
      - rest: {wait: P1D}
      - back: {call: undo}
      - more: {wait: P1D}
      - again: {wait: P1D}
      - look: {set: {undone: "${ .undone }"}}
      """
    And a new run begins after 3 events
    When it runs
    Then it should complete with:
      """
      {undone: 2}
      """
    And the effect billing.charge should have happened 2 times
    And the effect billing.charge should stand 0 times

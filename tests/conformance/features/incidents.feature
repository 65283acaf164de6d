Feature: Incidents
  What passes review and fails nevertheless waits for somebody who mends it; its customer reads no more than that.

  Scenario Outline: A mistake in the process is an incident
    Given an item:
      """
      answers: {amount: 0}
      process:
        do:
          - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
          - wrong: <task>
      """
    When it runs for P1D
    Then the error should be at <place>
    And the customer should read "looking into it" 1 time
    And the staff should read "<place>" 1 time
    And the customer should not read "<place>"
    And the effect billing.charge should stand 1 time

    Examples:
      | task | place |
      | {set: {n: "${ 1 / $answers.amount }"}} | /do/1/wrong |
      | {do: [{deep: {set: {n: "${ 1 / $answers.amount }"}}}]} | /do/1/wrong/do/0/deep |
      | {fork: {branches: [{a: {wait: P9D}}, {b: {set: {n: "${ 1 / $answers.amount }"}}}]}} | /do/1/wrong/fork/branches/1/b |
      | {for: {in: .nothing}, do: [{a: {set: {n: 1}}}]} | /do/1/wrong |
      | {raise: {error: {type: "https://x.test/e", status: 500}}} | /do/1/wrong |
      | {call: charge, with: {amount: "${ -1 }", currency: EUR}} | /do/1/wrong |
      | {wait: P9D, timeout: {after: PT1H}} | /do/1/wrong |
      | {emit: {event: {with: {type: "${ 5 }", source: "urn:me"}}}} | /do/1/wrong |

  Scenario: A process that is mended goes on from where it was
    Given an item:
      """
      answers: {amount: 0}
      process:
        do:
          - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
          - rest: {wait: P1D}
          - wrong: {set: {n: "${ 1 / $answers.amount }"}}
      """
    When it runs for P2D
    Then the customer should read "looking into it"
    When it is moved to the process:
      """
      do:
        - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
        - rest: {wait: P1D}
        - right: {set: {n: 5}}
        - more: {wait: P1D}
      """
    And it goes on for P5D
    Then it should complete
    And it should have lasted P3D
    And the effect billing.charge should have happened 1 time

  Scenario: A second incident is told of like the first
    Given an item:
      """
      answers: {amount: 0}
      process:
        do:
          - wrong: {set: {n: "${ 1 / $answers.amount }"}}
      """
    When it runs for P1D
    Then the customer should read "looking into it" 1 time
    When it is moved to the process:
      """
      do:
        - still: {set: {n: "${ 2 / $answers.amount }"}}
      """
    And it goes on for P1D
    Then the customer should read "looking into it" 2 times
    And the staff should read "/do/0/still" 1 time
    When it is moved to the process:
      """
      do:
        - right: {set: {n: 1}}
      """
    And it goes on for P1D
    Then it should complete

  Scenario: A loop goes on in its round with another version
    Given an item:
      """
      process:
        do:
          - begin: {set: {n: 0}}
          - rest: {do: [{pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}, output: {as: $input}}}, {rest: {wait: P1D}}]}
          - more: {set: {n: "${ .n + 1 }"}}
          - wrong: {if: .n == 3, raise: {error: {type: "https://x.test/e", status: 500}}}
          - back: {switch: [{again: {when: .n < 5, then: rest}}]}
      """
    When it runs for P4D
    Then the customer should read "looking into it"
    When it is moved to the process:
      """
      do:
        - first: {set: {n: 100}}
        - begin: {set: {n: 0}}
        - rest: {do: [{pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}, output: {as: $input}}}, {rest: {wait: P1D}}]}
        - more: {set: {n: "${ .n + 1 }"}}
        - back: {switch: [{again: {when: .n < 5, then: rest}}]}
      """
    And it goes on for P9D
    Then it should complete
    And the effect billing.charge should have happened 5 times

  Scenario: A customer withdraws while the process is stuck
    Given an item:
      """
      answers: {amount: 0}
      stages: [running]
      customer_can: {withdraw_until: running}
      process:
        do:
          - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
          - wrong: {set: {n: "${ 1 / $answers.amount }"}}
      """
    And after P1D the customer withdraws
    When it runs
    Then it should be withdrawn
    And the effect billing.charge should stand 0 times

  Scenario: A process that is stuck does not go on beside
    Given an item:
      """
      answers: {amount: 0}
      process:
        do:
          - aside: {run: {await: false, workflow: {namespace: test, name: slow, version: 1.0.0}}}
          - wrong: {set: {n: "${ 1 / $answers.amount }"}}
      """
    And beside it the process slow:
      """
      do:
        - rest: {wait: P1D}
        - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
      """
    When it runs for P5D
    Then the customer should read "looking into it" 1 time
    And the effect billing.charge should have happened 0 times

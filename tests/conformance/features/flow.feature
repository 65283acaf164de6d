Feature: The way through a process
  Jumps, choices, loops, functions and processes within processes.

  Scenario Outline: A switch goes where the first case that matches says
    Given a process:
      """
      do:
        - choose:
            switch:
              - large: {when: .n > 100, then: two}
              - some: {when: .n > 10, then: three}
              - other: {then: end}
        - one: {set: {went: one}, then: end}
        - two: {set: {went: two}, then: end}
        - three: {set: {went: three}}
      """
    And the workflow input is:
      """
      {n: <n>}
      """
    When it runs
    Then it should complete with:
      """
      <result>
      """

    Examples:
      | n   | result         |
      | 500 | {went: two}    |
      | 50  | {went: three}  |
      | 5   | {n: 5}         |

  Scenario: A switch without a match goes on
    Given a process:
      """
      do:
        - choose: {switch: [{never: {when: .n > 1, then: end}}]}
        - next: {set: {n: 2}}
      """
    And the workflow input is:
      """
      {n: 1}
      """
    When it runs
    Then it should complete with:
      """
      {n: 2}
      """

  Scenario Outline: Directives
    Given a process:
      """
      do:
        - outer:
            do:
              - first: {set: {n: 1}, then: <then>}
              - second: {set: {n: 2}}
              - third: {set: {n: 3}}
        - last: {set: {inner: "${ .n }"}}
      """
    When it runs
    Then it should complete with:
      """
      <result>
      """

    Examples:
      | then     | result     |
      | continue | {inner: 3} |
      | exit     | {inner: 1} |
      | end      | {n: 1}     |
      | third    | {inner: 3} |

  Scenario: After a jump the list goes on in its order
    Given a process:
      """
      do:
        - a: {set: {way: [a]}, then: c}
        - b: {set: {way: "${ .way + [\"b\"] }"}}
        - c: {set: {way: "${ .way + [\"c\"] }"}}
        - d: {set: {way: "${ .way + [\"d\"] }"}}
      """
    When it runs
    Then it should complete with:
      """
      {way: [a, c, d]}
      """

  Scenario: A loop by a jump back
    Given a process:
      """
      do:
        - begin: {set: {n: 0}}
        - more: {set: {n: "${ .n + 1 }"}}
        - again: {switch: [{more: {when: .n < 5, then: more}}]}
      """
    When it runs
    Then it should complete with:
      """
      {n: 5}
      """
    And more should run 5 times

  Scenario: Whoever goes in circles without waiting is stopped, and nothing catches that
    Given a process:
      """
      do:
        - keep:
            try:
              - turn: {set: {n: 1}, then: turn}
            catch: {retry: {limit: {attempt: {count: 100000}}}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/runtime", status: 500}
      """
    And the error should tell of in circles

  Scenario Outline: Whoever waits for nothing goes in circles too
    Given a process:
      """
      do:
        - begin: {set: {n: 1}}
        - turn: <task>
        - back: {set: {n: 1}, then: turn}
      """
    When it runs
    Then it should fault
    And the error should tell of in circles

    Examples:
      | task |
      | {wait: PT0S} |
      | {call: decide, with: {table: {hit: first, inputs: {n: "${ .n }"}, rules: [{when: {n: 1}, then: {n: 1}}]}}} |
      | {try: [{fail: {raise: {error: {type: "https://x.test/e", status: 500}}}}], catch: {}} |
      | {for: {in: "${ [1, 2, 3] }"}, do: [{s: {set: {n: 1}}}]} |

  Scenario: Whoever acts again and again without waiting is stopped too
    Given a process:
      """
      do:
        - begin: {set: {n: 1}}
        - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
        - back: {set: {n: 1}, then: pay}
      """
    When it runs
    Then it should fault
    And the error should tell of in circles
    And the effect billing.charge should stand 0 times

  Scenario Outline: for goes through a list
    Given a process:
      """
      do:
        - begin: {set: {sum: 0, items: [3, 4, 5]}}
        - loop:
            for: <for>
            do:
              - add: {set: <set>}
      """
    When it runs
    Then it should complete with:
      """
      <result>
      """

    Examples:
      | for | set | result |
      | {in: .items} | {sum: "${ .sum + $item }", items: []} | {sum: 12, items: []} |
      | {each: it, in: "${ .items }"} | {sum: "${ .sum + $it }"} | {sum: 12} |
      | {each: it, at: n, in: .items} | {sum: "${ .sum + $it * $n }"} | {sum: 14} |
      | {each: it, in: [10, "${ .items[0] }"]} | {sum: "${ .sum + $it }"} | {sum: 13} |
      | {in: "${ [] }"} | {sum: 99} | {sum: 0, items: [3, 4, 5]} |

  Scenario: for stops when while does not hold
    Given a process:
      """
      do:
        - begin: {set: {sum: 0}}
        - loop:
            for: {each: n, in: [1, 2, 3, 4]}
            while: .sum < 3
            do:
              - add: {set: {sum: "${ .sum + $n }"}}
      """
    When it runs
    Then it should complete with:
      """
      {sum: 3}
      """
    And add should run 2 times

  Scenario: Loops in loops see each other's variables
    Given a process:
      """
      do:
        - begin: {set: {all: []}}
        - rows:
            for: {each: row, at: y, in: [[1, 2], [3]]}
            do:
              - cells:
                  for: {each: cell, at: x, in: "${ $row }"}
                  do:
                    - add: {set: {all: "${ .all + [[$y, $x, $cell]] }"}}
      """
    When it runs
    Then it should complete with:
      """
      {all: [[0, 0, 1], [0, 1, 2], [1, 0, 3]]}
      """

  Scenario: exit ends one round of a loop, end the process
    Given a process:
      """
      do:
        - begin: {set: {n: 0}}
        - loop:
            for: {each: n, in: [1, 2, 3, 4]}
            do:
              - odd: {switch: [{two: {when: $n == 2, then: exit}}, {four: {when: $n == 4, then: end}}]}
              - add: {set: {n: "${ .n + $n }"}}
        - last: {set: {n: 100}}
      """
    When it runs
    Then it should complete with:
      """
      {n: 4}
      """

  Scenario: A function that the process defines
    Given a process:
      """
      use:
        functions:
          double:
            set: {twice: "${ .n * 2 }"}
      do:
        - one: {call: double, with: {n: 4}}
        - two: {call: double, with: {n: "${ .twice }"}}
      """
    When it runs
    Then it should complete with:
      """
      {twice: 16}
      """

  Scenario: A function may hold a whole list, and fail at its own place
    Given a process:
      """
      use:
        functions:
          check:
            do:
              - small: {if: .n < 5, set: {ok: true}, then: exit}
              - large: {raise: {error: {type: "https://x.test/large", status: 400}}}
      do:
        - one: {call: check, with: {n: 1}}
        - two: {call: check, with: {n: 10}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://x.test/large", instance: /use/functions/check/do/1/large}
      """

  Scenario: A process runs another one
    Given a process:
      """
      do:
        - begin: {set: {n: 4}}
        - inner: {run: {workflow: {namespace: test, name: square, version: 1.0.0, input: {side: "${ .n }"}}}}
      """
    And beside it the process square:
      """
      do:
        - make: {set: {area: "${ .side * .side }", given: "${ $workflow.input }"}, then: end}
        - never: {set: {area: 0}}
      """
    When it runs
    Then it should complete with:
      """
      {area: 16, given: {side: 4}}
      """

  Scenario: What an inner process keeps is its own
    Given a process:
      """
      do:
        - begin: {set: {n: 1}, export: {as: {outer: 1}}}
        - inner: {run: {workflow: {namespace: test, name: keeper, version: 1.0.0}}}
        - look: {set: {inner: "${ . }", outer: "${ $context }"}}
      """
    And beside it the process keeper:
      """
      do:
        - make: {set: {seen: "${ $context }"}, export: {as: {inner: 2}}}
      """
    When it runs
    Then it should complete with:
      """
      {inner: {seen: null}, outer: {outer: 1}}
      """

  Scenario: The error of an inner process reaches the outer one
    Given a process:
      """
      do:
        - keep:
            try:
              - inner: {run: {workflow: {namespace: test, name: failing, version: 1.0.0}}}
            catch:
              as: why
              do:
                - tell: {set: {status: "${ $why.status }"}}
      """
    And beside it the process failing:
      """
      do:
        - fail: {raise: {error: {type: "https://x.test/e", status: 418}}}
      """
    When it runs
    Then it should complete with:
      """
      {status: 418}
      """

  Scenario: A process that is not awaited runs beside, and is done before the outer one ends
    Given a process:
      """
      do:
        - aside: {run: {await: false, workflow: {namespace: test, name: slow, version: 1.0.0}}}
        - here: {wait: PT1H}
        - done: {set: {by: outer}}
      """
    And beside it the process slow:
      """
      do:
        - rest: {wait: PT3H}
        - slowly: {set: {by: inner}}
      """
    When it runs
    Then it should complete with:
      """
      {by: outer}
      """
    And it should have lasted PT3H
    And slowly should run after done

  Scenario: The error of a process that is not awaited is not lost
    Given a process:
      """
      do:
        - aside: {run: {await: false, workflow: {namespace: test, name: failing, version: 1.0.0}}}
        - here: {wait: PT3H}
        - done: {set: {by: outer}}
      """
    And beside it the process failing:
      """
      do:
        - rest: {wait: PT1H}
        - fail: {raise: {error: {type: "https://x.test/e", status: 418}}}
      """
    When it runs
    Then it should fault with:
      """
      {status: 418}
      """
    And done should have completed

  Scenario: A process that fails does not leave another one behind
    Given a process:
      """
      do:
        - aside: {run: {await: false, workflow: {namespace: test, name: slow, version: 1.0.0}}}
        - rest: {wait: PT1H}
        - fail: {raise: {error: {type: "https://x.test/e", status: 418}}}
      """
    And beside it the process slow:
      """
      do:
        - rest: {wait: PT3H}
        - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
      """
    When it runs
    Then it should fault with:
      """
      {status: 418}
      """
    And it should have lasted PT1H
    And the effect billing.charge should have happened 0 times

  Scenario: A process that runs itself is stopped
    Given a process:
      """
      do:
        - inner: {run: {workflow: {namespace: test, name: endless, version: 1.0.0}}}
      """
    And beside it the process endless:
      """
      do:
        - inner: {run: {workflow: {namespace: test, name: endless, version: 1.0.0}}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/configuration"}
      """

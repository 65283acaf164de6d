Feature: Errors of a process
  Raising, catching by what an error is, and what happens then.

  Scenario: An error is raised as it is written, with its place
    Given a process:
      """
      do:
        - before: {set: {n: 1}}
        - fail:
            raise:
              error:
                type: https://x.test/errors/full
                status: 409
                title: It is full
                detail: ${ "there are \(.n) of them" }
      """
    When it runs
    Then it should fault with:
      """
      type: https://x.test/errors/full
      status: 409
      title: It is full
      detail: there are 1 of them
      instance: /do/1/fail
      """
    And before should have completed
    And fail should have faulted

  Scenario: An error by its name, with an instance of its own
    Given a process:
      """
      use:
        errors:
          full: {type: "https://x.test/errors/full", status: 409, instance: /elsewhere}
      do:
        - fail: {raise: {error: full}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://x.test/errors/full", status: 409, instance: /elsewhere}
      """

  Scenario: Type and status may be computed
    Given a process:
      """
      do:
        - fail: {raise: {error: {type: '${ "https://x.test/\(.kind)" }', status: "${ .code + 1 }"}}}
      """
    And the workflow input is:
      """
      {kind: late, code: 407}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://x.test/late", status: 408}
      """

  Scenario Outline: An error is caught by what it is
    Given a process:
      """
      do:
        - keep:
            try:
              - fail:
                  raise:
                    error: {type: "https://x.test/errors/full", status: 409, title: It is full}
            catch:
              errors: {with: <with>}
              do:
                - done: {set: {caught: true}}
      """
    When it runs
    Then it should be <outcome>

    Examples:
      | with                                               | outcome   |
      | {type: "https://x.test/errors/full"}               | completed |
      | {type: "https://x.test/errors/empty"}              | refused   |
      | {status: 409}                                      | completed |
      | {status: 410}                                      | refused   |
      | {title: It is full}                                | completed |
      | {title: It is empty}                               | refused   |
      | {instance: /do/0/keep/try/0/fail}                  | completed |
      | {instance: /do/0/keep}                             | refused   |
      | {type: "https://x.test/errors/full", status: 409}  | completed |
      | {type: "https://x.test/errors/full", status: 400}  | refused   |
      | {detail: something}                                | refused   |

  Scenario Outline: The types of the language count in every spelling
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {set: {a: "${ 1 / 0 }"}}
            catch:
              errors: {with: {type: "<type>"}}
              do:
                - done: {set: {caught: true}}
      """
    When it runs
    Then it should be <outcome>

    Examples:
      | type | outcome |
      | https://open-workflow-specification.org/spec/1.0.0/errors/expression | completed |
      | https://open-workflow-specification.org/dsl/errors/types/expression  | completed |
      | https://serverlessworkflow.io/spec/1.0.0/errors/expression           | completed |
      | https://serverlessworkflow.io/dsl/errors/types/expression            | completed |
      | https://serverlessworkflow.io/dsl/errors/types/validation            | refused   |
      | https://x.test/errors/expression                                     | refused   |

  Scenario Outline: Conditions decide what is caught
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: <status>}}}
            catch:
              as: why
              <condition>
              do:
                - done: {set: {status: "${ $why.status }", given: "${ .n }"}}
      """
    And the workflow input is:
      """
      {n: 7}
      """
    When it runs
    Then it should be <outcome>

    Examples:
      | status | condition                                | outcome   |
      | 409    | when: $why.status == 409                 | completed |
      | 410    | when: $why.status == 409                 | refused   |
      | 409    | exceptWhen: $why.status == 409           | refused   |
      | 410    | exceptWhen: "${ $why.status == 409 }"    | completed |
      | 409    | when: $error.status == 409 and .n == 7   | completed |

  Scenario: What is caught is known by its name, also to the tasks that follow inside
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: 409, title: Full, detail: "3"}}}
            catch:
              as: why
              do:
                - one: {set: {a: "${ $why.title }"}}
                - two: {set: {a: "${ .a }", b: "${ $why.detail }", c: "${ $why.instance }"}}
        - after: {set: {all: "${ . }"}}
      """
    When it runs
    Then it should complete with:
      """
      {all: {a: Full, b: "3", c: /do/0/keep/try/0/fail}}
      """

  Scenario: A try that succeeds gives what its list gives
    Given a process:
      """
      do:
        - keep:
            try:
              - one: {set: {n: 1}}
              - two: {set: {n: "${ .n + 1 }"}}
            catch: {do: [{never: {set: {n: 0}}}]}
      """
    When it runs
    Then it should complete with:
      """
      {n: 2}
      """

  Scenario: A catch without tasks goes on with what the try was given
    Given a process:
      """
      do:
        - begin: {set: {n: 1}}
        - keep:
            try:
              - one: {set: {n: 2}}
              - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
            catch: {}
        - last: {set: {n: "${ .n }", last: true}}
      """
    When it runs
    Then it should complete with:
      """
      {n: 1, last: true}
      """

  Scenario Outline: Where to go after what was caught
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
            catch: {then: <then>, do: [{note: {set: {way: [note]}}}]}
        - next: {set: {way: "${ .way + [\"next\"] }"}}
        - last: {set: {way: "${ .way + [\"last\"] }"}}
      """
    When it runs
    Then it should complete with:
      """
      {way: <way>}
      """

    Examples:
      | then     | way                |
      | continue | [note, next, last] |
      | last     | [note, last]       |
      | end      | [note]             |
      | exit     | [note]             |

  Scenario: then of catch comes before then of the try, which holds where nothing was caught
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {if: .fails, raise: {error: {type: "https://x.test/e", status: 500}}}
            catch: {then: last}
            then: end
        - next: {set: {never: true}}
        - last: {set: {last: true}}
      """
    And the workflow input is:
      """
      {fails: true}
      """
    When it runs
    Then it should complete with:
      """
      {last: true}
      """

  Scenario: An error inside a catch is the error of the whole
    Given a process:
      """
      do:
        - outer:
            try:
              - inner:
                  try:
                    - fail: {raise: {error: {type: "https://x.test/first", status: 500}}}
                  catch:
                    do:
                      - again: {raise: {error: {type: "https://x.test/second", status: 501}}}
            catch:
              as: why
              do:
                - tell: {set: {type: "${ $why.type }", at: "${ $why.instance }"}}
      """
    When it runs
    Then it should complete with:
      """
      {type: "https://x.test/second", at: /do/0/outer/try/0/inner/catch/do/0/again}
      """

  Scenario: What was caught can be raised again
    Given a process:
      """
      do:
        - keep:
            try:
              - fail: {raise: {error: {type: "https://x.test/first", status: 500, title: First}}}
            catch:
              as: why
              do:
                - again: {raise: {error: {type: "${ $why.type }", status: "${ $why.status }", instance: "${ $why.instance }"}}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://x.test/first", status: 500, instance: /do/0/keep/try/0/fail}
      """

  Scenario: What one try does not catch, the one around it may
    Given a process:
      """
      do:
        - outer:
            try:
              - inner:
                  try:
                    - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
                  catch: {errors: {with: {status: 400}}, do: [{never: {set: {n: 0}}}]}
            catch: {errors: {with: {status: 500}}, do: [{done: {set: {n: 1}}}]}
      """
    When it runs
    Then it should complete with:
      """
      {n: 1}
      """

  Scenario: What a try has kept before it failed is still known, even in a new run
    Given a process:
      """
      do:
        - keep:
            try:
              - note: {set: {n: 1}, export: {as: {noted: "${ .n }"}}}
              - rest: {wait: P1D}
              - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
            catch: {do: [{seen: {set: {noted: "${ $context.noted }"}}}]}
        - rest: {wait: P1D}
        - more: {wait: P1D}
        - look: {set: {inside: "${ .noted }", outside: "${ $context.noted }"}}
      """
    And a new run begins after 3 events
    When it runs
    Then it should complete with:
      """
      {inside: 1, outside: 1}
      """
    And it should have taken several runs

  Scenario Outline: An item ends as its error says, in words for its customer
    Given an item:
      """
      process:
        do:
          - fail: {raise: {error: {type: "https://ventanilla.dev/errors/<kind>", status: 409, title: <title>}}}
      """
    When it runs
    Then it should be <kind>
    And the customer should read "<words>"

    Examples:
      | kind    | title                                      | words              |
      | refused | {en: Too late, es: Tarde, pt: Tarde}       | Too late           |
      | failed  | {en: Too much, es: Demasiado, pt: Demais}  | Too much           |

  Scenario: A step's refusal can be caught
    Given an item:
      """
      process:
        do:
          - keep:
              try:
                - give: {call: refund, with: {amount: 100, currency: XXX, title: Back}}
              catch:
                errors: {with: {type: "https://ventanilla.dev/errors/refused"}}
                as: why
                do:
                  - tell: {set: {status: "${ $why.status }", known: "${ ($why.title | length) > 0 }"}}
      """
    When it runs
    Then it should complete with:
      """
      {status: 409, known: true}
      """

  Scenario: A step's refusal that nobody catches refuses the request
    Given an item:
      """
      process:
        do:
          - give: {call: refund, with: {amount: 100, currency: XXX, title: Back}}
      """
    When it runs
    Then it should be refused

  Scenario: A step that is given what it does not take
    Given a process:
      """
      do:
        - pay: {call: charge, with: {amount: "${ .much }", currency: EUR}}
      """
    And the workflow input is:
      """
      {much: a lot}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", instance: /do/0/pay}
      """
    And the error should tell of amount

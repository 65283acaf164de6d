Feature: Steps called by name
  People, money, stages and decisions within a process.

  Scenario: A step's title is what the timeline says
    Given an item:
      """
      process:
        do:
          - look: {set: {n: 1}, metadata: {title: {en: We look at %(n)s, es: Miramos %(n)s, pt: Vemos %(n)s}, values: {n: it}}}
          - say: {call: notify, with: {message: {en: It is so, es: Es así, pt: É assim}}}
      """
    When it runs
    Then it should complete
    And the customer should read "We look at it" 1 time

  Scenario Outline: The customer is asked and answers, or does not
    Given an item:
      """
      stages: [received, checked]
      forms: {ask: [decision, note]}
      process:
        do:
          - ask:
              call: ask-customer
              with: {form: ask, wait: P5D, reminders: [P2D], returns: [note]}
              metadata: {stage: checked, title: {en: Is it right, es: Es correcto, pt: Está certo}}
              output: {as: "${ {outcome, decision, note: .answers.note} }"}
      """
    And these people:
      """
      - {form: ask, answers: {decision: approve, note: yes}, after: <after>}
      """
    When it runs
    Then it should complete with:
      """
      <result>
      """
    And 1 question should have been asked, of which 0 are open
    And the stages should be received done, checked done

    Examples:
      | after | result                                             |
      | PT1H  | {outcome: answered, decision: approve, note: yes}  |
      | P3D   | {outcome: answered, decision: approve, note: yes}  |
      | P30D  | {outcome: expired, decision: null, note: null}     |

  Scenario Outline: Staff decide, level after level
    Given an item:
      """
      forms: {check: [decision, note]}
      process:
        do:
          - decide:
              call: approval
              with: {form: check, levels: 2, deciders: {group: operations, deadline: P2D}}
              metadata: {title: {en: May it be, es: Puede ser, pt: Pode ser}}
              output: {as: "${ {decision, levels: (.levels | length)} }"}
      """
    And these people:
      """
      - {form: check, answers: {decision: <first>}, times: 1}
      - {form: check, answers: {decision: <second>}}
      """
    When it runs
    Then it should complete with:
      """
      <result>
      """

    Examples:
      | first   | second  | result                            |
      | approve | approve | {decision: approved, levels: 2}   |
      | approve | reject  | {decision: rejected, levels: 2}   |
      | reject  | approve | {decision: rejected, levels: 1}   |

  Scenario: Nobody decides
    Given an item:
      """
      forms: {check: [decision]}
      process:
        do:
          - decide:
              call: approval
              with: {form: check, deciders: {group: operations, deadline: P2D, escalations: [{group: support, within: P1D}]}}
              metadata: {title: {en: May it be, es: Puede ser, pt: Pode ser}}
              output: {as: "${ {decision} }"}
      """
    When it runs
    Then it should complete with:
      """
      {decision: expired}
      """
    And it should have lasted P3D

  Scenario: Work for a group
    Given an item:
      """
      forms: {work: [decision, amount]}
      process:
        do:
          - work:
              call: task
              with: {form: work, deciders: {group: operations, deadline: P2D}, returns: [amount]}
              metadata: {title: {en: Do it, es: Hágalo, pt: Faça-o}}
              output: {as: "${ {outcome, decision, amount: .answers.amount} }"}
      """
    And these people:
      """
      - {form: work, answers: {decision: reject, amount: "12"}}
      """
    When it runs
    Then it should complete with:
      """
      {outcome: done, decision: reject, amount: "12"}
      """

  Scenario Outline: A decision by a table
    Given a process:
      """
      do:
        - decide:
            call: decide
            with:
              table:
                hit: <hit>
                inputs: {amount: "${ .amount }", kind: "${ .kind }"}
                rules:
                  - {when: {amount: "> 100", kind: [a, b]}, then: {way: long}}
                  - {when: {amount: "10..100"}, then: {way: short}}
                  - {when: {kind: a}, then: {way: other}}
                default: {way: none}
      """
    And the workflow input is:
      """
      {amount: <amount>, kind: <kind>}
      """
    When it runs
    Then it should complete with:
      """
      <result>
      """

    Examples:
      | hit     | amount | kind | result                         |
      | first   | 500    | a    | {way: long}                    |
      | first   | 50     | a    | {way: short}                   |
      | first   | 5      | a    | {way: other}                   |
      | first   | 5      | c    | {way: none}                    |
      | unique  | 50     | c    | {way: short}                   |
      | collect | 50     | a    | [{way: short}, {way: other}]   |

  Scenario: A table whose rules are not unique after all
    Given a process:
      """
      do:
        - decide:
            call: decide
            with: {table: {hit: unique, inputs: {n: "${ .n }"}, rules: [{when: {n: "> 1"}, then: {a: 1}}, {when: {n: "> 2"}, then: {a: 2}}]}}
      """
    And the workflow input is:
      """
      {n: 5}
      """
    When it runs
    Then it should fault with:
      """
      {instance: /do/0/decide}
      """

  Scenario: Answers, settings and the request
    Given an item:
      """
      answers: {amount: 1500, name: Clara}
      settings: {limit: 1000}
      process:
        do:
          - look:
              set:
                over: "${ $answers.amount - $settings.limit }"
                item: "${ $request.item }"
                revision: "${ $request.revision }"
                given: "${ . }"
      """
    When it runs
    Then it should complete with:
      """
      {over: 500, item: scenario, revision: 0, given: {amount: 1500}}
      """
    And no history should hold "Clara"

  Scenario: Answers that change are read anew
    Given an item:
      """
      answers: {amount: 1500}
      stages: [running]
      customer_can: {amend_until: running}
      process:
        do:
          - rest: {wait: P2D}
          - before: {set: {before: "${ $answers.amount }"}}
          - again: {call: read-answers, input: {from: .}, output: {as: "${ {read: .amount} }"}}
          - after: {set: {read: "${ .read }", after: "${ $answers.amount }", given: "${ $workflow.input.amount }", revision: "${ $request.revision }"}}
      """
    And after P1D the answers become:
      """
      {amount: 900}
      """
    When it runs
    Then it should complete with:
      """
      {read: 900, after: 900, given: 1500, revision: 1}
      """

  Scenario: Stages begin with their tasks, or when the process says so
    Given an item:
      """
      stages: [received, check, wait, pay, done]
      process:
        do:
          - look: {set: {n: 1}, metadata: {stage: check}}
          - skip: {call: set-stage, with: {skip: wait}}
          - rest: {wait: P1D}
          - pay: {call: set-stage, with: {stage: pay}}
          - last: {wait: P1D, metadata: {stage: done}}
      """
    When it runs
    Then it should complete
    And the stages should be received done, check done, wait skipped, pay done, done done

  Scenario Outline: Stages are entered once, in however many runs
    Given an item:
      """
      stages: [received, check, pay, done]
      process:
        do:
          - look: {set: {n: 1}, metadata: {stage: check}}
          - keep:
              try:
                - one: {set: {n: 1}, metadata: {stage: pay}}
                - rest: {wait: P1D}
                - fail: {raise: {error: {type: "https://x.test/e", status: 500}}}
              catch: {}
          - rest: {wait: P1D}
          - more: {wait: P1D}
          - last: {set: {n: 2}, metadata: {stage: done}}
      """
    And a new run begins after <limit> events
    When it runs
    Then it should complete
    And the timeline should show the stages received in-progress, received done, check in-progress, check done, pay in-progress, pay done, done in-progress

    Examples:
      | limit |
      | 3     |
      | 1000  |

  Scenario: Stages in branches, in the order of time and not of the file
    Given an item:
      """
      stages: [received, late, soon, done]
      process:
        do:
          - both:
              fork:
                branches:
                  - late: {do: [{rest: {wait: P2D}}, {enter: {wait: P5D, metadata: {stage: late}}}]}
                  - soon: {do: [{rest: {wait: P1D}}, {enter: {wait: P2D, metadata: {stage: soon}}}]}
          - last: {wait: P1D, metadata: {stage: done}}
      """
    And a new run begins after 3 events
    When it runs
    Then it should complete
    And the timeline should show the stages received in-progress, received done, soon in-progress, soon done, late in-progress, late done, done in-progress

  Scenario Outline: A stage that there is not
    Given an item:
      """
      process:
        do:
          - look: <task>
      """
    And after P1D the customer withdraws
    When it runs for PT2H
    Then the error should be at /do/0/look
    And the customer should read "looking into it"

    Examples:
      | task |
      | {set: {n: 1}, metadata: {stage: nowhere}} |
      | {call: set-stage, with: {stage: nowhere}} |
      | {call: set-stage, with: {stage: "${ \"no\" + \"where\" }"}} |

  Scenario: A part has its stages too
    Given an item:
      """
      stages: [received, inside, done]
      process:
        do:
          - inner: {run: {workflow: {namespace: test, name: part, version: 1.0.0}}}
          - last: {wait: P1D, metadata: {stage: done}}
      """
    And beside it the process part:
      """
      do:
        - rest: {wait: P1D, metadata: {stage: inside, title: {en: Inside now, es: Dentro, pt: Dentro}}}
      """
    When it runs
    Then it should complete
    And the customer should read "Inside now"
    And the stages should be received done, inside done, done done

  Scenario: A charge is paid, posted to the ledger and given back
    Given a process:
      """
      do:
        - pay: {call: charge, with: {amount: 100, currency: EUR, method: balance, title: steps.charge_paid}, export: {as: "${ {payment} }"}, output: {as: "${ . }"}}
        - book: {call: post-ledger, with: {currency: EUR, text: {en: Fee, es: Tasa, pt: Taxa}, entries: [{account: spent, kind: expense, debit: 100}, {account: earned, kind: income, credit: 100}]}}
        - back: {call: refund, with: {amount: 100, currency: EUR, title: steps.charge_paid, of: "${ $context.payment }"}}
        - done: {set: {refund: "${ (.refund | length) > 5 }"}}
      """
    When it runs
    Then it should complete with:
      """
      {refund: true}
      """

  Scenario Outline: A charge that is declined is tried again, since it has had no effect
    Given a process:
      """
      do:
        - begin: {set: {n: 0}, export: {as: {n: 0}}}
        - keep:
            try:
              - count: {set: {n: "${ $context.n + 1 }"}, export: {as: "${ . }"}}
              - pay: {call: charge, with: {amount: "${ if .n < 3 then 999999999 else 100 end }", currency: EUR, method: balance}}
              - fail: {if: .status == "declined", raise: {error: {type: "https://x.test/declined", status: 402}}}
            catch: {retry: {delay: P1D, limit: {attempt: {count: <count>}}}}
      """
    When it runs
    Then it should be <outcome>
    And the effect billing.charge should have happened <count> times

    Examples:
      | count | outcome   |
      | 2     | refused   |
      | 3     | completed |

Feature: Data of a process
  What goes into a task, what its expressions see, what comes out and what is kept.

  Scenario Outline: set gives data, literal or computed
    Given a process:
      """
      do:
        - start: {set: {amount: 1500, name: Clara}}
        - made: {set: <value>}
      """
    When it runs
    Then it should complete with:
      """
      <result>
      """

    Examples:
      | value                                   | result                    |
      | {a: 1, b: [true, null]}                 | {a: 1, b: [true, null]}   |
      | {double: "${ .amount * 2 }"}            | {double: 3000}            |
      | {deep: {list: ["${ .name }", "x"]}}     | {deep: {list: [Clara, x]}}|
      | "${ {amount, name} }"                   | {amount: 1500, name: Clara}|
      | "${ .amount }"                          | 1500                      |
      | {missing: "${ .nothing }"}              | {missing: null}           |
      | {text: '${ "for \(.name)" }'}          | {text: for Clara}         |
      | {same: "no expression: .amount"}        | {same: "no expression: .amount"} |

  Scenario: The output of a task is the input of the next
    Given a process:
      """
      do:
        - one: {set: {n: 1}}
        - two: {set: {n: "${ .n + 1 }"}}
        - three: {set: {n: "${ .n + 1 }"}}
      """
    When it runs
    Then it should complete with:
      """
      {n: 3}
      """

  Scenario: input.from, output.as and export.as of one task
    Given a process:
      """
      do:
        - make: {set: {a: {b: 5}}}
        - take:
            input: {from: .a}
            set: {c: "${ .b + 1 }", whole: "${ $input }"}
            output: {as: {d: "${ .c }", in: "${ .whole }"}}
            export: {as: "${ {seen: .d, before: $context} }"}
        - end: {set: {data: "${ . }", context: "${ $context }"}}
      """
    When it runs
    Then it should complete with:
      """
      {data: {d: 6, in: {b: 5}}, context: {seen: 6, before: null}}
      """

  Scenario: The context lasts until it is exported anew
    Given a process:
      """
      do:
        - one: {set: {n: 1}, export: {as: {first: "${ .n }"}}}
        - two: {set: {n: 2}}
        - three: {set: {n: 3}, export: {as: "${ $context + {third: .n} }"}}
        - four: {set: {all: "${ $context }"}}
      """
    When it runs
    Then it should complete with:
      """
      {all: {first: 1, third: 3}}
      """

  Scenario: The output of a process is made with its context
    Given a process:
      """
      do:
        - one: {set: {n: 1}, export: {as: {kept: 7}}}
      output: {as: {n: "${ .n }", kept: "${ $context.kept }"}}
      """
    When it runs
    Then it should complete with:
      """
      {n: 1, kept: 7}
      """

  Scenario: The input of a process
    Given a process:
      """
      input: {from: .order}
      do:
        - show: {set: {id: "${ .id }", raw: "${ $workflow.input.order.id }"}}
      """
    And the workflow input is:
      """
      {order: {id: 12}}
      """
    When it runs
    Then it should complete with:
      """
      {id: 12, raw: 12}
      """

  Scenario Outline: Schemas are kept to
    Given a process:
      """
      <where>
      do:
        - make:
            set: {n: <value>}
            <task>
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", status: 400}
      """
    And the error should tell of <what>

    Examples:
      | where | task | value | what |
      | input: {schema: {document: {required: [x]}}} | metadata: {a: 1} | 1 | the input of the process |
      | output: {schema: {document: {required: [x]}}} | metadata: {a: 1} | 1 | the output of the process |
      | timeout: {after: P1D} | input: {schema: {document: {required: [x]}}} | 1 | the input of the task |
      | timeout: {after: P1D} | output: {schema: {document: {properties: {n: {type: integer}}}}} | many | the output of the task at /n |
      | timeout: {after: P1D} | export: {as: "${ . }", schema: {document: {required: [x]}}} | 1 | the context |

  Scenario: What fits its schema passes
    Given a process:
      """
      do:
        - make:
            set: {n: 1}
            output: {schema: {format: json, document: {type: object, required: [n]}}}
      """
    When it runs
    Then it should complete

  Scenario: A task knows itself
    Given a process:
      """
      do:
        - make: {set: {first: 1}}
        - look:
            set:
              name: ${ $task.name }
              at: ${ $task.reference }
              given: ${ $task.input }
              kind: ${ $task.definition | has("set") }
      """
    When it runs
    Then it should complete with:
      """
      {name: look, at: /do/1/look, given: {first: 1}, kind: true}
      """

  Scenario: A task knows when it began, even after it has waited
    Given a process:
      """
      do:
        - rest: {wait: PT2H}
        - look:
            do:
              - rest: {wait: PT1H}
            output:
              as: "${ {waited: (($now | fromdateiso8601) - $task.startedAt.epoch.seconds)} }"
      """
    When it runs
    Then it should complete with:
      """
      {waited: 3600}
      """

  Scenario: A process knows itself and where it runs
    Given a process:
      """
      do:
        - look:
            set:
              name: ${ $workflow.definition.document.name }
              language: ${ $runtime.name }
              begun: ${ ($now | fromdateiso8601) - $workflow.startedAt.epoch.seconds < 5 }
              known: ${ ($workflow.id | length) > 0 }
      """
    When it runs
    Then it should complete with:
      """
      {name: scenario, language: ventanilla, begun: true, known: true}
      """

  Scenario: A secret is only ever referred to
    Given a process:
      """
      use: {secrets: [bank-key]}
      do:
        - look: {set: {key: "${ $secrets[\"bank-key\"] }"}}
      """
    When it runs
    Then it should complete with:
      """
      {key: "secret://bank-key"}
      """

  Scenario: The moment is the same wherever a process is told of it in a run that follows
    Given a process:
      """
      do:
        - look: {set: {at: "${ $now }"}, export: {as: "${ . }"}}
        - rest: {wait: P1D}
        - again: {wait: P1D}
        - compare: {set: {same: "${ $context.at == .at }"}}
      """
    And a new run begins after 3 events
    When it runs
    Then it should complete with:
      """
      {same: true}
      """
    And it should have taken several runs

  Scenario Outline: An expression that fails is an error that says where
    Given a process:
      """
      do:
        - make: {set: {n: 1, text: x}}
        - fail: <task>
      """
    When it runs
    Then it should fault with:
      """
      type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
      status: 400
      instance: /do/1/fail
      """

    Examples:
      | task |
      | {set: {a: "${ .n + .text }"}} |
      | {set: {a: "${ .n / 0 }"}} |
      | {set: {a: "${ .text.n }"}} |
      | {if: ".n.x", set: {a: 1}} |
      | {for: {in: .text}, do: [{x: {set: {a: 1}}}]} |
      | {switch: [{a: {when: ".n.x", then: end}}]} |
      | {wait: "${ .n.x }"} |
      | {input: {from: .n.x}, set: {a: 1}} |
      | {set: {a: 1}, output: {as: .a.b}} |
      | {set: {a: 1}, export: {as: .a.b}} |

  Scenario: A state that is too large is an error that says so
    Given a process:
      """
      do:
        - make: {set: {text: "${ \"0123456789abcdef\" | [., ., ., ., ., ., ., .] | add }"}}
        - more: {set: {text: "${ [.text, .text, .text, .text, .text, .text, .text, .text] | add }"}}
        - much: {set: {a: "${ [.text, .text, .text, .text, .text, .text, .text, .text] | add }", b: "${ [.text, .text, .text, .text, .text, .text, .text, .text] | add }"}}
        - too: {set: {n: "${ .a | length }"}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/expression", instance: /do/3/too}
      """
    And the error should tell of 16384 are allowed

  Scenario: if leaves a task out, and its then with it
    Given a process:
      """
      do:
        - start: {set: {n: 1}}
        - left: {if: .n > 1, set: {n: 100}, then: end}
        - right: {if: "${ .n == 1 }", set: {n: "${ .n + 1 }"}}
      """
    When it runs
    Then it should complete with:
      """
      {n: 2}
      """
    And left should not run

  Scenario Outline: An if holds for all but false and null
    Given a process:
      """
      do:
        - ask: {if: "${ <value> }", set: {ran: true}}
      """
    And the workflow input is:
      """
      {ran: false}
      """
    When it runs
    Then it should complete with:
      """
      {ran: <ran>}
      """

    Examples:
      | value   | ran   |
      | 0       | true  |
      | []      | true  |
      | null    | false |
      | false   | false |
      | .nothing| false |

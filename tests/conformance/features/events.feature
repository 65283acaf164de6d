Feature: Events
  Waiting for events, and publishing them.

  Scenario: One event
    Given a process:
      """
      do:
        - hear: {listen: {to: {one: {with: {type: test.paid}}}}}
      """
    And after PT1H this event comes:
      """
      {type: test.other, data: {n: 0}}
      """
    And after PT2H this event comes:
      """
      {type: test.paid, data: {n: 1}}
      """
    And after PT3H this event comes:
      """
      {type: test.paid, data: {n: 2}}
      """
    When it runs
    Then it should complete with:
      """
      [{n: 1}]
      """
    And it should have lasted PT2H
    And it should listen to nothing

  Scenario: What comes before anybody listens, nobody hears
    Given a process:
      """
      do:
        - rest: {wait: PT2H}
        - hear: {listen: {to: {one: {with: {type: test.paid}}}}}
      """
    And after PT1H an event comes of type test.paid
    When it runs for P2D
    Then it should be waiting
    And it should listen to something

  Scenario Outline: How an event is read
    Given a process:
      """
      do:
        - hear:
            listen: {to: {one: {with: {type: test.paid}}}, read: <read>}
            output: {as: "${ .[0] | {type, n, data} }"}
      """
    And after PT1H this event comes:
      """
      {type: test.paid, data: {n: 1, type: inner}}
      """
    When it runs
    Then it should complete with:
      """
      <result>
      """

    Examples:
      | read     | result                                              |
      | data     | {type: inner, n: 1, data: null}                     |
      | raw      | {type: inner, n: 1, data: null}                     |
      | envelope | {type: test.paid, n: null, data: {n: 1, type: inner}} |

  Scenario Outline: Which event is meant
    Given a process:
      """
      do:
        - hear: {listen: {to: {one: {with: <with>}}}, timeout: {after: P1D}}
      """
    And the workflow input is:
      """
      {wanted: 7, kind: test.paid}
      """
    And after PT1H this event comes:
      """
      {type: test.paid, source: "urn:bank", subject: order-7, region: north, data: {n: 7, deep: {x: true}}}
      """
    When it runs
    Then it should be <outcome>

    Examples:
      | with | outcome |
      | {type: test.paid}                                             | completed |
      | {type: test.paid, source: "urn:bank"}                         | completed |
      | {type: test.paid, source: "urn:shop"}                         | refused   |
      | {source: "urn:bank"}                                          | completed |
      | {subject: order-7}                                            | completed |
      | {subject: order-8}                                            | refused   |
      | {type: test.paid, region: north}                              | completed |
      | {type: test.paid, region: south}                              | refused   |
      | {type: "${ $input.kind }"}                                    | completed |
      | {type: "${ .type \| startswith(\"test.\") }"}                 | completed |
      | {type: "${ .type \| startswith(\"best.\") }"}                 | refused   |
      | {type: test.paid, data: "${ .n == 7 }"}                       | completed |
      | {type: test.paid, data: "${ .n == 8 }"}                       | refused   |
      | {type: test.paid, data: "${ .n == $input.wanted }"}           | completed |
      | {type: test.paid, data: {n: 7, deep: {x: true}}}              | completed |
      | {type: test.paid, data: {n: "${ $input.wanted }", deep: {x: true}}} | completed |
      | {type: test.paid, data: {n: 7}}                               | refused   |

  Scenario: Any of several events
    Given a process:
      """
      do:
        - hear: {listen: {to: {any: [{with: {type: test.a}}, {with: {type: test.b}}]}}}
      """
    And after PT1H an event comes of type test.c
    And after PT2H an event comes of type test.b
    When it runs
    Then it should complete with:
      """
      [{of: test.b}]
      """

  Scenario: Any event at all
    Given a process:
      """
      do:
        - hear: {listen: {to: {any: []}}}
      """
    And after PT2H an event comes of type test.whatever
    When it runs
    Then it should complete with:
      """
      [{of: test.whatever}]
      """

  Scenario: All of several events, in whichever order, each once
    Given a process:
      """
      do:
        - hear: {listen: {to: {all: [{with: {type: test.a}}, {with: {type: test.b}}, {with: {type: test.c}}]}}}
      """
    And after PT1H an event comes of type test.c
    And after PT2H an event comes of type test.c
    And after PT3H an event comes of type test.a
    And after PT4H an event comes of type test.b
    When it runs
    Then it should complete with:
      """
      [{of: test.c}, {of: test.a}, {of: test.b}]
      """
    And it should have lasted PT4H

  Scenario: Two events of one kind, where two are wanted
    Given a process:
      """
      do:
        - hear: {listen: {to: {all: [{with: {type: test.a}}, {with: {type: test.a}}]}}}
      """
    And after PT1H an event comes of type test.a
    And after PT2H an event comes of type test.a
    When it runs
    Then it should complete
    And it should have lasted PT2H

  Scenario: Events until a condition holds
    Given a process:
      """
      do:
        - hear:
            listen: {to: {any: [{with: {type: test.a}}], until: "( . | length ) > 2"}}
      """
    And after PT1H an event comes of type test.a
    And after PT2H an event comes of type test.b
    And after PT3H an event comes of type test.a
    And after PT4H an event comes of type test.a
    And after PT5H an event comes of type test.a
    When it runs
    Then it should complete with:
      """
      [{of: test.a}, {of: test.a}, {of: test.a}]
      """
    And it should have lasted PT4H

  Scenario Outline: Events until others have come
    Given a process:
      """
      do:
        - hear:
            listen: {to: {any: [{with: {type: test.a}}], until: <until>}}
      """
    And after PT1H an event comes of type test.a
    And after PT2H an event comes of type test.stop
    And after PT3H an event comes of type test.a
    And after PT4H an event comes of type test.end
    When it runs
    Then it should complete with:
      """
      <result>
      """

    Examples:
      | until | result |
      | {one: {with: {type: test.stop}}}                                 | [{of: test.a}]               |
      | {one: {with: {type: test.end}}}                                  | [{of: test.a}, {of: test.a}] |
      | {any: [{with: {type: test.end}}, {with: {type: test.stop}}]}     | [{of: test.a}]               |
      | {all: [{with: {type: test.end}}, {with: {type: test.stop}}]}     | [{of: test.a}, {of: test.a}] |

  Scenario: Nothing but the end
    Given a process:
      """
      do:
        - hear: {listen: {to: {any: [{with: {type: test.a}}], until: {one: {with: {type: test.stop}}}}}}
      """
    And after PT1H an event comes of type test.stop
    When it runs
    Then it should complete with:
      """
      []
      """

  Scenario: Something is done for each event as it comes
    Given a process:
      """
      do:
        - hear:
            listen: {to: {any: [{with: {type: test.a}}], until: {one: {with: {type: test.stop}}}}}
            foreach:
              item: event
              at: n
              do:
                - rest: {wait: PT1H}
                - note: {set: {was: "${ $event.of }", number: "${ $n }"}}
              output: {as: "${ {number, after: ($context.count // 0)} }"}
              export: {as: "${ {count: (($context.count // 0) + 1)} }"}
        - look: {set: {heard: "${ . }", count: "${ $context.count }"}}
      """
    And after PT1H an event comes of type test.a
    And after PT90M an event comes of type test.a
    And after PT5H an event comes of type test.stop
    When it runs
    Then it should complete with:
      """
      {heard: [{number: 0, after: 0}, {number: 1, after: 1}], count: 2}
      """
    And it should have lasted PT5H

  Scenario: For ever means until something else ends it
    Given a process:
      """
      do:
        - race:
            fork:
              compete: true
              branches:
                - ears:
                    listen: {to: {any: [], until: "${ false }"}}
                    foreach: {do: [{pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}}]}
                - clock: {wait: PT5H}
        - rest: {wait: PT1H}
      """
    And after PT1H an event comes of type test.a
    And after PT2H an event comes of type test.b
    And after PT5H30M an event comes of type test.b
    When it runs
    Then it should complete
    And the effect billing.charge should have happened 2 times
    And the effect billing.charge should stand 0 times
    And it should listen to nothing

  Scenario Outline: Events that belong together
    Given a process:
      """
      do:
        - hear:
            listen:
              to:
                all:
                  - {with: {type: test.heat}, correlate: {room: {from: .data.room}}}
                  - {with: {type: test.damp}, correlate: {room: {from: .data.room<more>}}}
            timeout: {after: P1D}
      """
    And the workflow input is:
      """
      {room: 2}
      """
    And after PT1H this event comes:
      """
      {type: test.heat, data: {room: 1}}
      """
    And after PT2H this event comes:
      """
      {type: test.damp, data: {room: 2}}
      """
    And after PT3H this event comes:
      """
      {type: test.damp, data: {room: <third>}}
      """
    When it runs
    Then it should be <outcome>
    And it should have lasted <lasting>

    Examples:
      | third | more                            | outcome   | lasting |
      | 1     |                                 | completed | PT3H    |
      | 3     |                                 | refused   | P1D     |
      | null  |                                 | refused   | P1D     |
      | 1     | , expect: "${ $input.room }"    | completed | PT2H    |
      | 1     | , expect: "${ 5 }"              | refused   | P1D     |

  Scenario: One event does not correlate by a part of what it should
    Given a process:
      """
      do:
        - hear:
            listen:
              to:
                one:
                  with: {type: test.a}
                  correlate:
                    first: {from: .data.a}
                    second: {from: .data.b, expect: "${ 2 }"}
      """
    And after PT1H this event comes:
      """
      {type: test.a, data: {a: 1, b: 1}}
      """
    And after PT2H this event comes:
      """
      {type: test.a, data: {a: 7, b: 2}}
      """
    When it runs
    Then it should complete with:
      """
      [{a: 7, b: 2}]
      """

  Scenario: A process hears what another branch of it publishes
    Given a process:
      """
      do:
        - both:
            fork:
              branches:
                - ear: {listen: {to: {one: {with: {type: test.word}}}, read: envelope}, output: {as: "${ .[0] | {type, source, data, subject, specversion} }"}}
                - mouth:
                    do:
                      - rest: {wait: PT1H}
                      - say:
                          emit:
                            event:
                              with: {type: test.word, source: "urn:me", subject: "${ .n }", data: {n: "${ .n }"}}
                          output: {as: "${ {id: (.id | length > 10), time: (.time | length > 10)} }"}
      """
    And the workflow input is:
      """
      {n: seven}
      """
    When it runs
    Then it should complete with:
      """
      - {type: test.word, source: "urn:me", data: {n: seven}, subject: seven, specversion: "1.0"}
      - {id: true, time: true}
      """

  Scenario: Two branches hear the same event
    Given a process:
      """
      do:
        - both:
            fork:
              branches:
                - one: {listen: {to: {one: {with: {type: test.a}}}}}
                - two: {do: [{rest: {wait: PT90M}}, {hear: {listen: {to: {one: {with: {type: test.a}}}}}}]}
                - three: {listen: {to: {one: {with: {type: test.a}}}}}
      """
    And after PT1H this event comes:
      """
      {type: test.a, data: {n: 1}}
      """
    And after PT2H this event comes:
      """
      {type: test.a, data: {n: 2}}
      """
    When it runs
    Then it should complete with:
      """
      [[{n: 1}], [{n: 2}], [{n: 1}]]
      """

  Scenario Outline: What is no event cannot be published
    Given a process:
      """
      do:
        - say: {emit: {event: {with: <event>}}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", instance: /do/0/say}
      """

    Examples:
      | event                                            |
      | {type: "${ 5 }", source: "urn:me"}               |
      | {type: test.a, source: "${ null }"}              |
      | {type: test.a, source: "urn:me", time: soon}     |
      | {type: test.a, source: "urn:me", "Not-So": x}    |

  Scenario: The next listener hears what came while the last one was busy only if it listened already
    Given a process:
      """
      do:
        - first: {listen: {to: {one: {with: {type: test.a}}}}}
        - rest: {wait: PT2H}
        - second: {listen: {to: {one: {with: {type: test.a}}}}}
      """
    And after PT1H this event comes:
      """
      {type: test.a, data: {n: 1}}
      """
    And after PT2H this event comes:
      """
      {type: test.a, data: {n: 2}}
      """
    And after PT4H this event comes:
      """
      {type: test.a, data: {n: 3}}
      """
    When it runs
    Then it should complete with:
      """
      [{n: 3}]
      """

  Scenario Outline: What a listener has heard lasts across runs
    Given a process:
      """
      do:
        - begin: {set: {n: 1}, export: {as: {count: 0}}}
        - hear:
            listen: {to: {any: [{with: {type: test.a}}], until: "${ length == 4 }"}}
            foreach:
              do:
                - rest: {wait: PT3H}
                - pay: {call: charge, with: {amount: 100, currency: EUR, method: invoice}}
                - note: {set: {count: "${ $context.count + 1 }"}, export: {as: "${ . }"}}
        - rest: {wait: P1D}
        - more: {wait: P1D}
        - look: {set: {heard: "${ . }", count: "${ $context.count }"}}
      """
    And a new run begins after <limit> events
    And after PT1H an event comes of type test.a
    And after PT2H an event comes of type test.a
    And after PT3H an event comes of type test.a
    And after PT20H an event comes of type test.a
    And after P3D an event comes of type test.a
    When it runs
    Then it should complete with:
      """
      {heard: [{count: 1}, {count: 2}, {count: 3}, {count: 4}], count: 4}
      """
    And the effect billing.charge should have happened 4 times
    And it should have taken several runs

    Examples:
      | limit |
      | 3     |
      | 12    |

  Scenario: Correlation lasts across runs
    Given a process:
      """
      do:
        - hear:
            listen:
              to:
                all:
                  - {with: {type: test.heat}, correlate: {room: {from: .data.room}}}
                  - {with: {type: test.damp}, correlate: {room: {from: .data.room}}}
      """
    And a new run begins after 3 events
    And after PT1H this event comes:
      """
      {type: test.heat, data: {room: 1}}
      """
    And after PT2H this event comes:
      """
      {type: test.damp, data: {room: 2}}
      """
    And after PT3H this event comes:
      """
      {type: test.damp, data: {room: 1}}
      """
    When it runs
    Then it should complete with:
      """
      [{room: 1}, {room: 1}]
      """
    And it should have taken several runs

  Scenario: Too many events to take in
    Given a process:
      """
      do:
        - flood:
            fork:
              branches:
                - ear: {listen: {to: {any: [{with: {type: test.a}}], until: {one: {with: {type: test.stop}}}}}}
                - mouth:
                    do:
                      - one: {set: {text: "${ \"0123456789abcdef\" | [., ., ., ., ., ., ., .] | add | [., ., ., ., ., ., ., .] | add | [., ., ., ., ., ., ., .] | add }"}}
                      - loop:
                          for: {in: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35]}
                          do:
                            - say: {emit: {event: {with: {type: test.a, source: "urn:me", data: {text: "${ .text }"}}}}, output: {as: .data}}
                            - rest: {wait: PT1H}
      """
    When it runs
    Then it should fault
    And the error should tell of 262144 bytes

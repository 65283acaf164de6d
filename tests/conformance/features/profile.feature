Feature: What the profile leaves out
  Each construct that is not of our profile is refused, and says what to use instead.

  Scenario Outline: A task that is not used
    Given a process:
      """
      do:
        - it: <task>
      """
    When it runs
    Then it should be refused because of not-in-profile at <place> with the hint <hint>

    Examples:
      | task | place | hint |
      | {call: grpc, with: {proto: {endpoint: x}}}             | /do/0/it/call            | `call: http` |
      | {call: asyncapi, with: {document: {endpoint: x}}}      | /do/0/it/call            | `emit` and `listen` |
      | {call: a2a, with: {method: message/send}}              | /do/0/it/call            | `call: task` |
      | {call: mcp, with: {method: tools/call}}                | /do/0/it/call            | `call: task` |
      | {call: "https://example.com/functions/f.yaml"}         | /do/0/it/call            | `use.functions` |
      | {call: "f:1.0.0@catalog"}                              | /do/0/it/call            | `use.functions` |
      | {run: {shell: {command: ls}}}                          | /do/0/it/run/shell       | write a step |
      | {run: {script: {language: js, code: "1"}}}             | /do/0/it/run/script      | `set` |
      | {run: {container: {image: alpine}}}                    | /do/0/it/run/container   | `call: http` |
      | {set: {a: 1}, input: {schema: {resource: {endpoint: "https://example.com/s.json"}}}} | /do/0/it/input/schema/resource | Write it here |

  Scenario Outline: A part of a process that is not used
    Given a process:
      """
      <part>
      do:
        - it: {set: {a: 1}}
      """
    When it runs
    Then it should be refused because of not-in-profile at <place> with the hint <hint>

    Examples:
      | part | place | hint |
      | use: {extensions: [{log: {extend: all, before: []}}]}             | /use/extensions | Write the tasks where they belong |
      | use: {catalogs: {global: {endpoint: {uri: "https://x.test/"}}}}   | /use/catalogs   | `use.functions` |
      | evaluate: {mode: loose}                                           | /evaluate       | strict mode |
      | evaluate: {language: js}                                          | /evaluate       | jq |

  Scenario Outline: What would not mean what its writer means
    Given a process:
      """
      <part>
      do:
        - begin: {set: {a: 1}}
        - it: <task>
        - end: {set: {a: 2}}
      """
    When it runs
    Then it should be refused because of <rule> at <place> with the hint <hint>

    Examples:
      | part | task | rule | place | hint |
      | use: {} | {wait: P1M}                                            | duration      | /do/1/it/wait | no fixed length |
      | use: {} | {wait: P1Y2M}                                          | duration      | /do/1/it/wait | no fixed length |
      | use: {} | {wait: {months: 1}}                                    | duration      | /do/1/it/wait | no fixed length |
      | use: {} | {wait: {years: 1}}                                     | duration      | /do/1/it/wait | no fixed length |
      | use: {} | {wait: {days: 99999999999}}                            | duration      | /do/1/it/wait | Write |
      | use: {} | {set: {b: 1}, timeout: {after: P1M}}                   | duration      | /do/1/it/timeout/after | no fixed length |
      | use: {} | {set: {b: 1}, timeout: slow}                           | unknown-name  | /do/1/it/timeout | use.timeouts |
      | use: {timeouts: {slow: {after: PT1H}}} | {set: {b: 1}, timeout: slo} | unknown-name | /do/1/it/timeout | slow |
      | use: {} | {raise: {error: missing}}                              | unknown-name  | /do/1/it/raise/error | use.errors |
      | use: {} | {try: [{a: {set: {a: 1}}}], catch: {retry: missing}}   | unknown-name  | /do/1/it/catch/retry | use.retries |
      | use: {} | {try: [{a: {set: {a: 1}}}], catch: {retry: {delay: PT1S}}} | endless-retry | /do/1/it/catch/retry | limit |
      | use: {} | {try: [{a: {set: {a: 1}}}], catch: {retry: {limit: {attempt: {count: 2}}}, do: [{b: {set: {a: 1}}}]}} | retry-and-do | /do/1/it/catch | put a `try` with `do` around |
      | use: {} | {try: [{a: {set: {a: 1}}}]}                            | shape         | /do/1/it | catch |
      | use: {} | {set: {b: 1}, then: nowhere}                           | then-to-nowhere | /do/1/it/then | Write one of `begin` |
      | use: {} | {set: {b: 1}, then: ende}                              | then-to-nowhere | /do/1/it/then | end |
      | use: {} | {switch: [{a: {when: .a == 1, then: beginn}}]}         | then-to-nowhere | /do/1/it/switch/0/a/then | begin |
      | use: {} | {do: [{inner: {set: {a: 1}, then: end2}}]}             | then-to-nowhere | /do/1/it/do/0/inner/then | end |
      | use: {} | {try: [{a: {set: {a: 1}}}], catch: {then: nowhere}}    | then-to-nowhere | /do/1/it/catch/then | begin |
      | use: {} | {do: [{same: {set: {a: 1}}}, {same: {set: {a: 2}}}]}   | duplicate-task | /do/1/it/do/1/same | its own name |
      | use: {} | {set: {b: 1}, whith: {a: 1}}                           | unknown-key   | /do/1/it/whith | `if` |
      | use: {} | {set: {b: 1}, iff: "true"}                             | unknown-key   | /do/1/it/iff | if |
      | use: {} | {call: charge, wiht: {amount: 1}}                      | unknown-key   | /do/1/it/wiht | with |
      | use: {} | {for: {in: .a, each: x, att: i}, do: [{a: {set: {a: 1}}}]} | unknown-key | /do/1/it/for/att | at |
      | use: {} | {sett: {b: 1}}                                         | unknown-task  | /do/1/it | set |
      | use: {} | {metadata: {a: 1}}                                     | unknown-task  | /do/1/it | call |
      | use: {} | {set: {b: 1}, wait: PT1H}                              | shape         | /do/1/it | Make two tasks |
      | use: {} | {set: plain}                                           | shape         | /do/1/it/set | expression |
      | use: {} | {switch: []}                                           | shape         | /do/1/it/switch | - name: |
      | use: {} | {fork: {branches: []}}                                 | shape         | /do/1/it/fork | branches |
      | use: {} | {listen: {to: {one: {}}}}                              | shape         | /do/1/it/listen/to/one/with | type |
      | use: {} | {listen: {to: {one: {with: {type: a}}, any: []}}}      | shape         | /do/1/it/listen/to | one of |
      | use: {} | {listen: {to: {one: {with: {type: a}}}, read: all}}    | shape         | /do/1/it/listen/read | data |
      | use: {} | {listen: {to: {all: [{with: {type: a}}], until: "true"}}} | shape      | /do/1/it/listen/to/until | Leave it out |
      | use: {} | {emit: {event: {with: {source: "urn:me"}}}}            | shape         | /do/1/it/emit/event/with | com.example |
      | use: {} | {raise: {error: {title: Full}}}                        | shape         | /do/1/it/raise/error | status |
      | use: {secrets: {a: b}} | {set: {b: 1}}                           | secret        | /use/secrets | names |
      | use: {} | {set: {b: "${ now }"}}                                 | expression    | /do/1/it/set/b | $now |
      | use: {} | {set: {b: "${ [range(10)] }"}}                         | expression    | /do/1/it/set/b | a task `for` |
      | use: {} | {set: {b: "${ .a \| env }"}}                           | expression    | /do/1/it/set/b | $settings |
      | use: {} | {set: {b: "${ $nobody }"}}                             | unknown-variable | /do/1/it/set/b | $now |
      | use: {} | {if: "${ recurse }", set: {b: 1}}                      | expression    | /do/1/it/if | Write |
      | schedule: {every: PT1H, cron: "0 0 * * *"} | {set: {b: 1}}       | schedule      | /schedule | one of |
      | schedule: {daily: true} | {set: {b: 1}}                          | unknown-key   | /schedule/daily | every |
      | use: {} | {for: {each: context, in: .a}, do: [{a: {set: {a: 1}}}]} | reserved-name | /do/1/it/for/each | another name |
      | use: {} | {for: {each: a-b, in: .a}, do: [{a: {set: {a: 1}}}]}   | reserved-name | /do/1/it/for/each | letters |
      | use: {} | {try: [{a: {set: {a: 1}}}], catch: {as: input}}        | reserved-name | /do/1/it/catch/as | another name |
      | use: {} | {listen: {to: {any: []}}, foreach: {at: now, do: [{a: {set: {a: 1}}}]}} | reserved-name | /do/1/it/foreach/at | another name |
      | use: {} | {do: [{a.2: {set: {a: 1}}}]}                           | task-name     | /do/1/it/do/0/a.2 | letters |
      | use: {} | {do: [{a/b: {set: {a: 1}}}]}                           | task-name     | /do/1/it/do/0/a/b | letters |
      | use: {} | {do: []}                                               | shape         | /do/1/it/do | at least one task |
      | use: {} | {for: {in: .a}, do: []}                                | shape         | /do/1/it/do | at least one task |
      | use: {} | {try: [], catch: {}}                                   | shape         | /do/1/it/try | at least one task |

  Scenario Outline: A document that is not one
    Given a workflow with definition:
      """
      document: <document>
      do: <do>
      """
    When it runs
    Then it should be refused because of <rule>

    Examples:
      | document | do | rule |
      | {namespace: test, name: a, version: 1.0.0}               | [{a: {set: {a: 1}}}] | document |
      | {dsl: 2.0.0, namespace: test, name: a, version: 1.0.0}   | [{a: {set: {a: 1}}}] | document |
      | {dsl: 1.0.3, name: a, version: 1.0.0}                    | [{a: {set: {a: 1}}}] | document |
      | {dsl: 1.0.3, namespace: test, name: a, version: 1.0.0}   | []                   | shape    |
      | {dsl: 1.0.3, namespace: test, name: a, version: 1.0.0}   | {a: {set: {a: 1}}}   | shape    |
      | {dsl: 1.0.3, namespace: test, name: a, version: 1.0.0}   | [{a: {set: {a: 1}}, b: {set: {a: 1}}}] | shape |
      | {dsl: 1.0.3, namespace: test, name: a, version: 1.0.0}   | [{a: nothing}]       | shape    |

  Scenario: What another process that is run gets wrong counts too
    Given a process:
      """
      do:
        - inner: {run: {workflow: {namespace: test, name: part, version: 1.0.0}}}
      """
    And beside it the process part:
      """
      do:
        - it: {call: grpc}
      """
    When it runs
    Then it should be refused because of not-in-profile

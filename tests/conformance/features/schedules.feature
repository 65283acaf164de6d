Feature: Schedules
  A process that starts by itself is simulated as one of its runs.

  Scenario Outline: What starts by itself runs once when it is tried out
    Given a process:
      """
      schedule: <schedule>
      do:
        - rest: {wait: PT2H}
        - count: {set: {runs: "${ (.runs // 0) + 1 }"}}
      """
    When it runs
    Then it should complete with:
      """
      {runs: 1}
      """
    And it should have lasted PT2H

    Examples:
      | schedule                                                       |
      | {every: PT1H}                                                  |
      | {every: {days: 1}}                                             |
      | {cron: "0 8 * * MON"}                                          |
      | {after: P1D}                                                   |
      | {"on": {one: {with: {type: com.example.tea.ready}}}}           |
      | {"on": {any: [{with: {type: a.b}}, {with: {type: c.d}}]}}      |

  Scenario: What an event brings is the input of the run that it starts
    Given a process:
      """
      schedule: {"on": {one: {with: {type: com.example.tea.ready}}}}
      do:
        - pour: {set: {cups: "${ .[0].cups * 2 }"}}
      """
    And the workflow input is:
      """
      [{cups: 2}]
      """
    When it runs
    Then it should complete with:
      """
      {cups: 4}
      """

  Scenario: An error of such a run is an error
    Given a process:
      """
      schedule: {every: PT1H}
      do:
        - fail: {raise: {error: {type: "https://example.com/errors/cold", status: 409}}}
      """
    When it runs
    Then it should fault with:
      """
      {type: "https://example.com/errors/cold", status: 409, instance: /do/0/fail}
      """

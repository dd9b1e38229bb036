#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/alert.h"
#include "model/bundle.h"
#include "model/matcher.h"
#include "model/series_source.h"

namespace forewarn {

// A scenario is a story about one installation that anyone who knows the product can read. One
// statement a line; `#` begins a comment; times count from the story's beginning. Parsed here, told
// by run.cc.
//
//   rules    NAME: EXPR [for 10m] [keep 5m] [predicts SERIES] [warning TEMPLATE] [by LABEL,LABEL]
//            -> SEVERITY
//   record   SERIES: EXPR        a recording rule; both become one group, in their order
//   rules    file PATH           a rule file of the repository
//
//   probe    a [every 1m]        without any there is `probe a every 1m`
//   load     every 1m [on a] SERIES VALUES…
//                                samples of a probe, in promtool's notation; its first at 0
//   cut      a from 1h to 7h     what it collects is spooled, and delivered at the end
//   down     a from 1h to 7h     the host is off: nothing is collected
//   silence  from 10m to 2h MATCHER…    `alertname="X"`
//   at 40m   acknowledge | close        what a person does to the newest ticket
//   at 40m   retire a | restart
//
//   at 30m   alert SERIES STATE [since 20m]
//                                pending firing unknown resolved ended none; labels may be a part
//   at 30m   incident [RULE] STATE [tickets N]
//                                of the newest ticket [of RULE]: opened acknowledged resolved
//                                closed; N is how many there are [of RULE] in all
//   at 30m   tickets N [RULE]
//   at 30m   warning sent [N] | notice sent [N]
//                                to the customer, to support; without N: at least one
//   at 30m   warning suppressed | notice suppressed
//   at 30m   lead over 20m | lead under 20m
//                                the ticket of an alert that predicts: time left then
//   never    alert SERIES STATE | incident [RULE] | warning sent | notice sent

struct ScenarioProbe {
  std::string name;
  Duration interval = 1min;
};

struct ScenarioLoad {
  Duration interval{0};
  std::string probe;  // empty: the first
  Labels labels;
  std::vector<std::optional<double>> values;
};

// A time in which a probe is not heard.
struct ScenarioOutage {
  std::string probe;
  bool is_spooled = false;
  Duration from{0};
  Duration to{0};
};

struct ScenarioSilence {
  Duration from{0};
  Duration to{0};
  std::vector<std::string> matchers;
};

struct ScenarioAct {
  enum class Kind { kAcknowledge, kClose, kRetire, kRestart };
  Duration at{0};
  Kind kind = Kind::kAcknowledge;
  std::string probe;
};

// What is to be so at a time, or never at any.
struct ScenarioExpectation {
  enum class Kind {
    kAlert,
    kIncident,
    kTickets,
    kWarningSent,
    kNoticeSent,
    kWarningSuppressed,
    kNoticeSuppressed,
    kLead
  };
  int line = 0;
  std::string text;            // as written
  std::optional<Duration> at;  // none: never
  Kind kind = Kind::kAlert;
  std::string name;               // alert's or incident's rule; empty: any
  Labels labels;                  // of the alert
  std::string state;              // as written
  std::optional<Duration> since;  // of an alert; of a lead, what it is compared with
  bool is_under = false;          // a lead is to be less, not more
  std::optional<size_t> count;
};

struct Scenario {
  std::vector<BundleFile> rule_files;
  std::vector<ScenarioProbe> probes;
  std::vector<ScenarioLoad> loads;
  std::vector<ScenarioOutage> outages;
  std::vector<ScenarioSilence> silences;
  std::vector<ScenarioAct> acts;
  std::vector<ScenarioExpectation> expectations;
  Duration end{0};
};

// Errors carry `path:line:`. Rule files are read below `root`.
StatusOr<Scenario> ParseScenario(const std::string& path, std::string_view text,
                                 const std::string& root);

}  // namespace forewarn

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fingerprint.h"
#include "base/time.h"
#include "model/alert.h"
#include "rules/alert_book.h"
#include "rules/conclusions.h"

namespace forewarn {

// The series that alerting rules write of their alerts, as Prometheus 2.42 does:
//   ALERTS{alertname, alertstate, …}    1 while the alert is pending or firing
//   ALERTS_FOR_STATE{alertname, …}      since when its condition holds, in seconds of Unix time
// with the labels of the alert. Later rules read them like recorded ones.
inline constexpr std::string_view kAlertsSeries = "ALERTS";
inline constexpr std::string_view kAlertsForStateSeries = "ALERTS_FOR_STATE";

// AlertSeries writes them for one evaluation of one rule. Every pending or firing alert is written at
// every evaluation, also while only `keep_firing_for` keeps it. A series ends, by a stale marker, at the
// evaluation at which the alert is over or in another state.
//
// Of an unknown alert nothing is written: neither that it goes on nor that it is over. So its series can
// be seen for the look-back of 5 minutes from the last evaluation at which it fired, and then no more,
// until it fires again. A rule that is taken away and a probe that is retired leave theirs in the same
// way. ContactLost has none, since it is not evaluated.
class AlertSeries {
 public:
  // Before the evaluation; notes which series there are. `book` is a loan that outlives it.
  AlertSeries(const AlertBook& book, Fingerprint rule, std::string stream);

  // After the evaluation. `at` is the instant that its data is of.
  void Write(Timestamp at, const WriteDerived& write) const;

 private:
  struct Written {
    Fingerprint id;
    AlertState state;
    Labels labels;
  };

  const AlertBook& book_;
  const Fingerprint rule_;
  const std::string stream_;
  std::vector<Written> before_;
};

}  // namespace forewarn

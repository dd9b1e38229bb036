#include "rules/alert_series.h"

#include <chrono>
#include <utility>

#include "base/check.h"

namespace forewarn {
namespace {

// An unknown alert was firing, and its series is as it was then.
AlertState WrittenState(AlertState state) {
  return state == AlertState::kUnknown ? AlertState::kFiring : state;
}

Labels StateLabels(const Labels& alert, AlertState state) {
  Labels labels = alert;
  labels.Set(kMetricName, kAlertsSeries);
  labels.Set("alertstate", AlertStateName(state));
  return labels;
}

Labels ForStateLabels(const Labels& alert) {
  Labels labels = alert;
  labels.Set(kMetricName, kAlertsForStateSeries);
  return labels;
}

double UnixSeconds(Timestamp at) {
  return static_cast<double>(
      std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

}  // namespace

AlertSeries::AlertSeries(const AlertBook& book, Fingerprint rule, std::string stream)
    : book_(book), rule_(rule), stream_(std::move(stream)) {
  for (Fingerprint id : book_.Of(rule_, stream_)) {
    const Alert& alert = book_.all().at(id).life.alert;
    before_.push_back({id, WrittenState(alert.state), alert.labels});
  }
}

void AlertSeries::Write(Timestamp at, const WriteDerived& write) const {
  for (const Written& written : before_) {
    auto record = book_.all().find(written.id);
    bool is_over = record == book_.all().end();
    if (is_over || WrittenState(record->second.life.alert.state) != written.state) {
      write(StateLabels(written.labels, written.state), {at, StaleMarker()});
    }
    if (is_over) write(ForStateLabels(written.labels), {at, StaleMarker()});
  }
  for (Fingerprint id : book_.Of(rule_, stream_)) {
    const Alert& alert = book_.all().at(id).life.alert;
    if (alert.state == AlertState::kUnknown) continue;
    write(StateLabels(alert.labels, alert.state), {at, 1});
    write(ForStateLabels(alert.labels), {at, UnixSeconds(alert.active_since)});
  }
}

}  // namespace forewarn

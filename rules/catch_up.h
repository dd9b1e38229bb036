#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/time.h"
#include "model/alert.h"

namespace forewarn {

// CatchUp holds back what alerts do while the data that moves them is old. A spool that arrives
// after an outage is judged at its own time, step by step; but nobody is to be woken for what is
// over. So while it lasts, steps are recorded and not planned, and at its end, or after kPatience,
// the net change of each alert is planned once, marked late. What began and ended inside leaves
// nothing to plan.
//
// One for each stream of evaluations: a probe's round ends, or an installation's grid. A value;
// part of the stream's record.
class CatchUp {
 public:
  // Data is old when its event time is further behind its arrival than this.
  static constexpr Duration kBound = 5min;
  // How long net changes wait, on arrival time.
  static constexpr Duration kPatience = 15min;

  bool active() const { return active_; }
  void Begin() { active_ = true; }

  // Takes a step before it goes out. While active it is marked as not planned and remembered;
  // `before` is the alert before the step.
  void Pass(AlertChange& change, const std::optional<Alert>& before, Timestamp arrival);

  // The net changes since they were last planned, by alert. Nothing is remembered afterwards; still
  // active.
  std::vector<AlertChange> TakeNet();
  // The same, and it is over.
  std::vector<AlertChange> End();

  // Arrival time at which TakeNet() is due; nothing while there is nothing to take.
  std::optional<Timestamp> due() const { return due_; }

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.active_);
    visit(2, self.due_);
    visit(3, self.held_);
  }

 private:
  struct Held {
    std::optional<Alert> planned;  // as it was when last planned; none: it did not exist
    Alert latest;
    Timestamp at;  // event time of the latest step

    template <typename Self, typename Visitor>
    static void Fields(Self& self, Visitor&& visit) {
      visit(1, self.planned);
      visit(2, self.latest);
      visit(3, self.at);
    }
  };

  bool active_ = false;
  std::optional<Timestamp> due_;
  std::vector<Held> held_;  // by the alert's id
};

}  // namespace forewarn

#include "probe/checks.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/queue.h"

namespace forewarn {
namespace {

// More than any interval and round can bring together; when it is full, the oldest round is overdue
// anyway.
constexpr size_t kResultsMax = 4096;

class CheckSource : public Source {
 public:
  CheckSource(std::vector<CheckPlan> plans, const Clock& clock)
      : clock_(clock), plans_(std::move(plans)), results_(kResultsMax), lacking_(plans_.size()) {
    for (CheckPlan& plan : plans_) threads_.emplace_back([this, &plan] { Repeat(plan); });
  }

  ~CheckSource() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    stop_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::string_view name() const override { return "checks"; }

  void Settle() override {
    std::unique_lock lock(mutex_);
    // A check's Run() ends about at its timeout, so this does too.
    first_results_.wait(lock, [&] { return lacking_ == 0; });
  }

  Status Read(Readings& out) override {
    for (Check& check : results_.PopAll()) {
      // A check's own time is that of its round, like a sample's: rules then see both together.
      check.at = out.at();
      newest_[check.name] = check;
      out.reports.checks.push_back(std::move(check));
    }
    for (const auto& [name, check] : newest_) {
      out.Sample("forewarn_check_status", {{"check", name}}, static_cast<double>(check.verdict));
      out.Sample("forewarn_check_duration_seconds", {{"check", name}}, ToSeconds(check.took));
    }
    return OkStatus();
  }

 private:
  void Repeat(CheckPlan& plan) {
    for (bool is_first = true;; is_first = false) {
      Duration started = clock_.Monotonic();
      CheckResult result = plan.runner->Run();
      Check check;
      check.name = plan.name;
      check.verdict = result.verdict;
      check.message = std::move(result.message);
      check.took = result.took;
      results_.TryPush(check);
      Duration rest = plan.interval - (clock_.Monotonic() - started);
      std::unique_lock lock(mutex_);
      if (is_first && --lacking_ == 0) first_results_.notify_all();
      if (stop_.wait_for(lock, rest, [&] { return stopping_; })) return;
    }
  }

  const Clock& clock_;
  std::vector<CheckPlan> plans_;  // each its thread's

  BoundedQueue<Check> results_;
  std::map<std::string, Check> newest_;  // the reader's

  // For the threads' first results and their end.
  std::mutex mutex_;
  std::condition_variable first_results_;
  size_t lacking_;  // checks that have not yet run once
  std::condition_variable stop_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Source> MakeCheckSource(std::vector<CheckPlan> plans, const Clock& clock) {
  return std::make_unique<CheckSource>(std::move(plans), clock);
}

}  // namespace forewarn

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/numbered_source.h"
#include "rules/live/sample_window.h"

namespace forewarn {

// Whose series rules see: those of a probe, or with an empty `probe` all of an installation.
struct Scope {
  std::string customer;
  std::string installation;
  std::string probe;
};

// The series that a selector finds in one scope, with the samples that rules want of them. Kept up to date by its
// Watches.
class Watch {
 public:
  // Its series that have samples, in the order of their labels.
  size_t rows() const { return rows_.size(); }
  SeriesId id(size_t row) const { return members_[rows_[row]].id; }
  const SampleWindow& window(size_t row) const { return members_[rows_[row]].window; }
  // How far back of each instant it has their samples.
  Duration keep() const { return keep_; }
  // Another number whenever the rows are others.
  uint64_t generation() const { return generation_; }

 private:
  friend class Watches;

  struct Member {
    SeriesId id;
    SampleWindow window;
  };

  // What is before is not needed any more, but for the last sample at or before it.
  Timestamp needed() const { return latest_ - keep_; }

  const Scope* scope_ = nullptr;
  const Matchers* matchers_ = nullptr;
  uint64_t key_ = 0;  // under which new series look for it
  Duration keep_{0};
  Timestamp latest_;             // the instant that was evaluated last
  std::vector<Member> members_;  // in the order in which they came
  std::vector<uint32_t> rows_;   // places in members_
  bool is_incomplete_ = false;   // whether reading it failed half-way
  bool is_ordered_ = true;       // whether rows_ is up to date
  uint64_t generation_ = 1;
};

// Watches are fed with what entries bring, so that who evaluates rules reads no series twice. What a watch has is what
// the source would say: it is filled from there at first, and again when somebody asks for a time before what was kept.
// Nothing of it is stored. Owned by its engine; not thread-safe.
class Watches {
 public:
  // `source` is a loan that outlives it. More than `max_samples` in all watches: no more are made.
  Watches(const NumberedSource& source, size_t max_samples)
      : source_(source), max_samples_(max_samples) {}

  // Begins with an entry, and takes in what it has brought since the last call; End() takes in the rest.
  void Begin(const Applied* applied);
  void CatchUp();
  void End();

  // Watches the series of `scope` that match, both loans until Remove() or Clear(), of which each instant needs the samples of the `keep` before it. Null, making
  // nothing, when there are too many samples already. Fails where the source does.
  StatusOr<Watch*> Make(const Scope& scope, const Matchers& matchers, Duration keep, Timestamp at);
  // Has `watch` keep more, reading again what it had forgotten. False when there would be too many samples in all; then,
  // and when the source fails, it is as it was.
  StatusOr<bool> Widen(Watch& watch, Duration keep);
  // Has it keep less from now on.
  static void Narrow(Watch& watch, Duration keep) { watch.keep_ = keep; }
  // Has `watch` ready for the instant `at`. Instants go forward; one that does not costs as much as Make().
  Status Prepare(Watch& watch, Timestamp at);
  // Leaves out the series that have ended.
  void ForgetEnded(Watch& watch);
  void Remove(const Watch* watch);
  void Clear();

  const NumberedSource& source() const { return source_; }
  size_t samples() const { return samples_; }
  // What was done so far to find series, to read them, and to bring them in order: in samples touched.
  uint64_t work() const { return work_; }
  // Takes room for what is kept beside samples, counted as so many of them. False, taking none, when there is no more: it
  // is half of all at most, so that it does not drive the samples out.
  bool Take(size_t samples);
  void GiveBack(size_t samples) { beside_ -= samples; }
  size_t beside() const { return beside_; }
  // Whether there is more than there should be: of series whose rounds have stopped, nobody says what is needed no
  // more.
  bool is_over_limit() const { return samples_ + beside_ > max_samples_; }

 private:
  // Where the samples of a series go, and the next place of the same series.
  struct Link {
    Watch* watch;
    uint32_t member;
    uint32_t next;
  };

  static bool IsFor(const Watch& watch, const Labels& labels);
  void OfferNew(const NewSeries& series);
  void Put(Watch& watch, SeriesId id);
  void Unlink(const Watch* watch, SeriesId id);
  Status Fill(Watch& watch, Watch::Member& member);
  void Order(Watch& watch);

  const NumberedSource& source_;
  const size_t max_samples_;

  std::unordered_map<const Watch*, std::unique_ptr<Watch>> watches_;
  std::unordered_map<uint64_t, std::vector<Watch*>> by_key_;
  std::vector<uint32_t> first_;  // of each series, by its number: its first place in links_, or 0
  std::vector<Link> links_ = std::vector<Link>(1);
  uint32_t free_ = 0;   // the first of links_ that nobody uses, or 0
  size_t samples_ = 0;  // in all windows
  size_t beside_ = 0;   // what Take() has given
  uint64_t work_ = 0;

  const Applied* applied_ = nullptr;
  size_t samples_taken_ = 0;
  size_t series_taken_ = 0;
};

}  // namespace forewarn

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/labels.h"
#include "model/numbered_source.h"
#include "model/series_source.h"
#include "rules/live/live_plan.h"
#include "rules/live/watches.h"

namespace forewarn {

// How the rows of a node come from those of its inputs, where that is worked out.
struct LiveShape {
  size_t rows = 0;
  // Of kMatch and kSet: rows of both sides that share a signature, group by group, in the order of signatures.
  // Group g has left[left_ends[g - 1] .. left_ends[g]], and of the right side the same. Of kGroups,
  // kBest and kHistogram: rows of the input, in the order of the groups' labels.
  std::vector<uint32_t> left;
  std::vector<uint32_t> right;
  std::vector<uint32_t> left_ends;
  std::vector<uint32_t> right_ends;
  std::vector<double> bounds;  // of kHistogram: what the buckets in `left` count up to
  std::vector<Labels> labels;  // of kGroups, kHistogram and kRelabel

  // What memory it takes, in samples.
  size_t size() const;

  // Where the part of group `g` begins.
  static uint32_t BeginOf(const std::vector<uint32_t>& ends, size_t g) {
    return g == 0 ? 0 : ends[g - 1];
  }
};

// LiveRows says of a plan over the watches of one scope how many rows each node has, and which labels, whatever their
// values. Which rows match which, and which belong to one group, is worked out once for as long as the watched series
// are the same, and takes room of the watches' limit. Part of a LiveRule; not thread-safe.
class LiveRows {
 public:
  // `watches[i]` is that of the plan's selector i, all of `room`; loans that outlive it.
  LiveRows(std::shared_ptr<const LivePlan> plan, std::vector<Watch*> watches, Watches& room);

  // How many labels may be made to find out which rows belong together: about half a second.
  static constexpr uint64_t kLabelsMax = 2'000'000;

  // Brings the rows up to date with the watches. False when it cannot be said beforehand which labels a row has,
  // or when there is no room for it.
  bool Update();
  bool lacks_room() const { return shapes_ != nullptr && shapes_->lacks_room; }

  const LivePlan& plan() const { return *plan_; }
  const std::vector<Watch*>& watches() const { return watches_; }
  const Watch& WatchOf(const LivePlan::Node& node) const { return *watches_[node.selector]; }

  size_t Count(size_t node) const;
  // The labels of a row. Those of a match that takes over labels are its only partner's.
  Labels LabelsOf(size_t node, size_t row) const;
  // Of a node that has one.
  const LiveShape& ShapeOf(size_t node) const { return shapes_->all[plan_->nodes[node].shape]; }
  // How many labels were made so far.
  uint64_t labels_made() const { return labels_made_; }

 private:
  struct Shapes {
    explicit Shapes(Watches& watches) : room(watches) {}
    ~Shapes() { Clear(); }
    Shapes(const Shapes&) = delete;
    Shapes& operator=(const Shapes&) = delete;
    void Clear();

    Watches& room;
    size_t taken = 0;                   // of that room
    std::vector<uint64_t> generations;  // of the watches for which they were made
    std::vector<LiveShape> all;         // by LivePlan::Node::shape
    uint64_t labels_made = 0;
    bool is_whole = false;
    bool lacks_room = false;
  };

  bool Make();
  bool MakeMatch(const LivePlan::Node& node, LiveShape& shape) const;
  bool MakeRelabel(const LivePlan::Node& node, LiveShape& shape) const;
  void MakeGroups(const LivePlan::Node& node, LiveShape& shape) const;
  void MakeHistogram(const LivePlan::Node& node, LiveShape& shape) const;

  const std::shared_ptr<const LivePlan> plan_;
  const std::vector<Watch*> watches_;
  Watches& room_;
  const NumberedSource& source_;

  std::unique_ptr<Shapes> shapes_;  // null when the plan has none
  mutable uint64_t labels_made_ = 0;
};

}  // namespace forewarn

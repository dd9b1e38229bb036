#include <map>
#include <random>

#include "store/chunk.h"
#include "store/head.h"
#include "tests/unit/store/head_world.h"

namespace forewarn {
namespace {

// The strategy: one random history of entries (in order, late, twice, catching up, with window ends
// between them) is folded by a head that lives on, and again by heads that are killed: after every
// commit, or before it became durable, in which case the entry comes again; the journal is dropped
// now and then as far as the head allows. The invariants, after every step: both answer alike. And
// at the end: both stores hold the same chunks, byte by byte.
struct Step {
  std::vector<std::tuple<Labels, Timestamp, double>> samples;
  Timestamp arrival;
  bool drops_journal = false;
};

std::vector<Step> RandomHistory(std::mt19937_64& random) {
  std::vector<Step> steps;
  Timestamp now = kStart;
  for (int i = 0; i < 60; ++i) {
    Step step;
    now += Duration(random() % 40'000);
    step.arrival = now;
    size_t count = random() % 12;
    for (size_t k = 0; k < count; ++k) {
      Duration age(0);
      switch (random() % 6) {
        case 0: age = Duration(random() % 600'000); break;
        case 1: age = Duration(random() % 60'000); break;
        default: age = Duration(random() % 2'000); break;
      }
      // Whole seconds, so that times meet often.
      Timestamp at = std::chrono::floor<std::chrono::seconds>(now - age);
      step.samples.emplace_back(Host(static_cast<int>(random() % 4)), at,
                                static_cast<double>(random() % 1000) / 10);
    }
    step.drops_journal = random() % 5 == 0;
    steps.push_back(std::move(step));
  }
  return steps;
}

class Life {
 public:
  Life() { Restart(); }

  void Restart() {
    head_ = std::make_unique<Head>(kPartition, store_, Options());
    ASSERT_TRUE(head_->Load().ok());
    ASSERT_TRUE(
        store_
            .ReadJournal(kPartition, 1,
                         [&](const Store::JournalItem& item) { return head_->Replay(item); })
            .ok());
  }

  static HeadOptions Options() {
    HeadOptions options;
    options.chunk_window = 1min;
    options.chunk_samples = 7;
    return options;
  }

  Commit Fold(const Step& step) {
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = *store_.LastSequence(kPartition) + 1;
    if (step.arrival.time_since_epoch() / 1min != last_arrival_.time_since_epoch() / 1min) {
      head_->SealBefore(step.arrival, commit);
    }
    head_->Append(Block(step.samples), step.arrival, commit);
    return commit;
  }
  void Write(const Step& step, const Commit& commit) {
    ASSERT_TRUE(store_.Commit({&commit, 1}).ok());
    last_arrival_ = step.arrival;  // a record of the shard in the same commit
    if (step.drops_journal) {
      Store::Retention retention;
      retention.chunks_before = retention.history_before = Timestamp::min() + 24h * 2;
      retention.journal_kept_from.assign(65, 1);
      retention.journal_kept_from[kPartition] = head_->JournalKeptFrom(commit.sequence + 1);
      ASSERT_TRUE(store_.Drop(retention).ok());
    }
  }

  std::vector<SeriesData> Everything() const {
    auto found = head_->Select(All(), Timestamp::min(), Timestamp::max(), {});
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    return *found;
  }
  uint64_t KeptFrom() const { return head_->JournalKeptFrom(*store_.LastSequence(kPartition) + 1); }
  std::vector<std::string> Chunks() const {
    std::vector<std::string> result;
    for (SeriesId id = 1; id <= head_->series_count(); ++id) {
      auto chunks = store_.ReadChunks(kPartition, id, Timestamp::min(), Timestamp::max());
      for (const SealedChunk& chunk : *chunks) {
        result.push_back(fmt::format("{} {} {} {} ", id, ToMillis(chunk.first),
                                     ToMillis(chunk.last), chunk.count) +
                         chunk.bytes);
      }
    }
    return result;
  }

 private:
  MemoryStore store_;
  std::unique_ptr<Head> head_;
  Timestamp last_arrival_ = kTimeZero;
};

bool Same(const std::vector<SeriesData>& a, const std::vector<SeriesData>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.labels == y.labels && x.samples == y.samples;
  });
}

// What was accepted first, by hand.
std::vector<SeriesData> Expected(const std::vector<Step>& steps, size_t count) {
  std::map<Labels, std::map<Timestamp, double>> first;
  for (size_t i = 0; i < count; ++i) {
    for (const auto& [labels, at, value] : steps[i].samples) first[labels].emplace(at, value);
  }
  std::vector<SeriesData> result;
  for (const auto& [labels, samples] : first) {
    SeriesData& data = result.emplace_back();
    data.labels = labels;
    for (const auto& [at, value] : samples) data.samples.push_back({at, value});
  }
  return result;
}

TEST(HeadUnderKills, ComesBackTheSameFromAKillAtAnyStep) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    std::vector<Step> steps = RandomHistory(random);
    Life lives, dies;
    // Every third run dies at each step, the others now and then.
    uint64_t one_in = seed % 3 == 0 ? 1 : 4;
    for (size_t i = 0; i < steps.size(); ++i) {
      lives.Write(steps[i], lives.Fold(steps[i]));
      Commit commit = dies.Fold(steps[i]);
      if (random() % (2 * one_in) == 0) {
        dies.Restart();  // before it was durable: the sender has no answer and sends again
        commit = dies.Fold(steps[i]);
      }
      dies.Write(steps[i], commit);
      if (random() % one_in == 0) dies.Restart();
      ASSERT_TRUE(Same(lives.Everything(), dies.Everything())) << "step " << i;
      ASSERT_EQ(lives.KeptFrom(), dies.KeptFrom()) << "step " << i;
    }
    ASSERT_TRUE(Same(lives.Everything(), Expected(steps, steps.size())));
    ASSERT_EQ(lives.Chunks(), dies.Chunks());
    ASSERT_GT(lives.Chunks().size(), 10u) << "the history must reach the sealing";
  }
}

}  // namespace
}  // namespace forewarn

// Tells what the samples in a collector's database take on disk once they are at rest, as one line of JSON.
// The collector must have been stopped.
//
//   store_bytes FOLDER
//
// Does first what time would do: seals the chunks that are open, in the way of a shard, and compacts all
// tables but the journal's under the settings that they were written with. `families` are bytes of RocksDB's
// tables by column family, `sealed_samples` are in chunks, and `written_bytes` are what this program itself
// wrote. Not for a database that is still needed.

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "bench/family_bytes.h"
#include "model/ids.h"
#include "store/head.h"
#include "store/store.h"

namespace forewarn::bench {
namespace {

Status SealAll(Store& store, uint32_t partition) {
  Head head(partition, store, HeadOptions{});
  FW_RETURN_IF_ERROR(head.Load());
  FW_RETURN_IF_ERROR(store.ReadJournal(
      partition, 1, [&](const Store::JournalItem& item) { return head.Replay(item); }));
  for (bool done = false; !done;) {
    FW_ASSIGN_OR_RETURN(uint64_t last, store.LastSequence(partition));
    Commit commit;
    commit.partition = partition;
    commit.sequence = last + 1;
    done = head.SealBefore(Timestamp::max() - 24h, commit);
    if (!commit.chunks.empty()) FW_RETURN_IF_ERROR(store.Commit(std::span(&commit, 1)));
  }
  return OkStatus();
}

StatusOr<nlohmann::ordered_json> SealedCounts(const std::string& dir) {
  FW_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenStore({.dir = dir}));
  uint64_t series = 0, chunks = 0, samples = 0;
  for (uint32_t partition = 0; partition < kPartitions; ++partition) {
    FW_RETURN_IF_ERROR(SealAll(*store, partition));
    std::vector<SeriesId> ids;
    FW_RETURN_IF_ERROR(store->ReadSeries(partition, [&](const NewSeries& named) {
      ids.push_back(named.id);
      return OkStatus();
    }));
    series += ids.size();
    for (SeriesId id : ids) {
      FW_ASSIGN_OR_RETURN(std::vector<SealedChunk> sealed,
                          store->ReadChunks(partition, id, Timestamp::min(), Timestamp::max()));
      chunks += sealed.size();
      for (const SealedChunk& chunk : sealed) samples += chunk.count;
    }
  }
  return nlohmann::ordered_json{
      {"series", series}, {"chunks", chunks}, {"sealed_samples", samples}};
}

// As the kernel counts it for this process.
StatusOr<uint64_t> WrittenBytes() {
  FW_ASSIGN_OR_RETURN(std::string io, ReadFile("/proc/self/io"));
  constexpr std::string_view kLine = "\nwrite_bytes: ";
  size_t at = io.find(kLine);
  uint64_t bytes = 0;
  if (at == std::string::npos) return Internal("/proc/self/io: there is no write_bytes");
  std::from_chars(io.data() + at + kLine.size(), io.data() + io.size(), bytes);
  return bytes;
}

int Run(const std::string& dir) {
  StatusOr<nlohmann::ordered_json> counts = SealedCounts(dir);
  using Families = std::map<std::string, uint64_t>;
  StatusOr<Families> families = counts.ok() ? MergedFamilyBytes(dir) : counts.status();
  StatusOr<uint64_t> written = families.ok() ? WrittenBytes() : families.status();
  if (!written.ok()) {
    fmt::print(stderr, "store_bytes: {}: {}\n", dir, written.status().message());
    return 1;
  }
  (*counts)["families"] = *families;
  (*counts)["written_bytes"] = *written;
  fmt::print("{}\n", counts->dump());
  return 0;
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) {
  std::string dir;
  CLI::App app("Tells what a collector's database takes on disk, as one line of JSON.");
  app.add_option("folder", dir, "The database: `db` in the collector's data folder")->required();
  CLI11_PARSE(app, argc, argv);
  return forewarn::bench::Run(dir);
}

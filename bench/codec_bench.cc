// What a sample costs at rest: encodes a workload in chunks, decodes them, and lets the store write them to
// RocksDB as it does in the collector, keys and block compression included. Prints one line for each chunk
// size: bytes per sample before compression and on the disk (of the chunks alone, compacted), nanoseconds
// per sample to encode and to decode.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/family_bytes.h"
#include "bench/host_blocks.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "bench/workload_flags.h"
#include "store/chunk.h"
#include "store/head.h"
#include "store/memory_store.h"
#include "store/store.h"

namespace forewarn::bench {
namespace {

constexpr uint32_t kPartition = 1;

using Columns = std::vector<std::vector<Sample>>;  // by series

Columns ReadColumns(const Workload& workload) {
  Columns columns(workload.series());
  for (size_t h = 0; h < workload.hosts(); ++h) {
    std::unique_ptr<HostTelemetry> host = workload.Host(h);
    for (HostRound round; host->Next(round);) {
      for (size_t i = 0; i < round.size(); ++i) {
        columns[h * workload.series_per_host() + round.refs[i]].push_back(
            {round.at, round.values[i]});
      }
    }
  }
  return columns;
}

struct Result {
  size_t samples = 0;
  size_t chunks = 0;
  size_t encoded = 0;
  size_t on_disk = 0;
  double encoding = 0;  // seconds
  double decoding = 0;
};

// Closes the store and tells what its chunks take, without the journal, which is dropped.
StatusOr<size_t> ChunkBytes(std::unique_ptr<Store> store, const std::string& dir) {
  store.reset();
  FW_ASSIGN_OR_RETURN(auto families, MergedFamilyBytes(dir));
  return families.at("chunks");
}

// One commit for each host and span of time, as the hosts' batches would seal them.
StatusOr<Result> Measure(const Columns& columns, size_t chunk_samples, const std::string& dir) {
  Result result;
  FW_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenStore({.dir = dir + "/db"}));
  uint64_t sequence = 0;
  size_t longest = 0;
  for (const auto& samples : columns) longest = std::max(longest, samples.size());
  for (size_t begin = 0; begin < longest; begin += chunk_samples) {
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = ++sequence;
    double before = CpuSeconds();
    for (size_t s = 0; s < columns.size(); ++s) {
      std::span<const Sample> all = columns[s];
      if (begin >= all.size()) continue;
      std::span<const Sample> part =
          all.subspan(begin, std::min(chunk_samples, all.size() - begin));
      commit.chunks.push_back({static_cast<SeriesId>(s + 1), part.front().at, part.back().at,
                               static_cast<uint32_t>(part.size()), EncodeChunk(part)});
    }
    result.encoding += CpuSeconds() - before;
    std::vector<Sample> out;
    before = CpuSeconds();
    for (const SealedChunk& chunk : commit.chunks) {
      out.clear();
      FW_RETURN_IF_ERROR(DecodeChunk(chunk.bytes, out));
    }
    result.decoding += CpuSeconds() - before;
    for (const SealedChunk& chunk : commit.chunks) {
      result.samples += chunk.count;
      result.encoded += chunk.bytes.size();
    }
    result.chunks += commit.chunks.size();
    // Chunks of a real series do not cross a day; those of a long recording may.
    std::erase_if(commit.chunks, [](const SealedChunk& chunk) {
      return chunk.first.time_since_epoch() / 24h != chunk.last.time_since_epoch() / 24h;
    });
    FW_RETURN_IF_ERROR(store->Commit({&commit, 1}));
  }
  FW_ASSIGN_OR_RETURN(result.on_disk, ChunkBytes(std::move(store), dir + "/db"));
  return result;
}

// A head's store that has nothing and to which everything is durable at once.
class NoStore : public MemoryStore {
 public:
  StatusOr<uint64_t> LastSequence(uint32_t) const override { return last; }
  uint64_t last = 0;
};

// Chunks as the head cuts them while hosts send in turn; series that end are sealed at last.
StatusOr<Result> MeasureHead(const Workload& workload, uint32_t chunk_bytes,
                             const std::string& dir) {
  Result result;
  FW_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenStore({.dir = dir + "/db"}));
  NoStore nothing;
  HeadOptions options;
  options.chunk_bytes = chunk_bytes;
  options.max_series_per_customer = options.max_series_per_probe = SIZE_MAX;
  Head head(kPartition, nothing, options);
  FW_RETURN_IF_ERROR(head.Load());
  uint64_t written = 0;
  auto write = [&](Commit& commit) -> Status {
    nothing.last = commit.sequence;
    if (commit.chunks.empty()) return OkStatus();
    Commit chunks;
    chunks.partition = kPartition;
    chunks.sequence = ++written;
    chunks.chunks = std::move(commit.chunks);
    for (SealedChunk& chunk : chunks.chunks) {
      chunk.after = 0;
      result.samples += chunk.count;
      result.encoded += chunk.bytes.size();
    }
    result.chunks += chunks.chunks.size();
    return store->Commit({&chunks, 1});
  };
  std::vector<HostBlocks> hosts;
  hosts.reserve(workload.hosts());
  for (size_t h = 0; h < workload.hosts(); ++h) hosts.emplace_back(workload.Host(h));
  Timestamp last{};
  for (bool more = true; more;) {
    more = false;
    for (HostBlocks& host : hosts) {
      std::optional<Timestamp> at = host.Next();
      if (!at) continue;
      more = true;
      Commit commit;
      commit.partition = kPartition;
      commit.sequence = nothing.last + 1;
      head.Learn(host.block());
      head.Append(host.block(), *at, commit);
      last = std::max(last, *at);
      FW_RETURN_IF_ERROR(write(commit));
    }
  }
  for (bool done = false; !done;) {
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = nothing.last + 1;
    done = head.SealBefore(last + 24h, commit);
    FW_RETURN_IF_ERROR(write(commit));
  }
  FW_ASSIGN_OR_RETURN(result.on_disk, ChunkBytes(std::move(store), dir + "/db"));
  return result;
}

Status Run(const WorkloadOptions& options, const std::vector<size_t>& sizes, uint32_t chunk_bytes) {
  FW_ASSIGN_OR_RETURN(std::unique_ptr<Workload> workload, Workload::Open(options));
  Columns columns = ReadColumns(*workload);
  fmt::print("{:>7} {:>9} {:>8} {:>9} {:>9} {:>9} {:>9}\n", "chunk", "samples", "chunks", "encoded",
             "on disk", "encode ns", "decode ns");
  for (size_t size : sizes) {
    std::string dir = (std::filesystem::temp_directory_path() / "fw-bench-XXXXXX").string();
    if (mkdtemp(dir.data()) == nullptr) return Unavailable("no temporary folder");
    StatusOr<Result> measured =
        size == 0 ? MeasureHead(*workload, chunk_bytes, dir) : Measure(columns, size, dir);
    std::filesystem::remove_all(dir);
    FW_RETURN_IF_ERROR(measured.status());
    auto samples = static_cast<double>(measured->samples);
    fmt::print("{:>7} {:>9} {:>8} {:>9.3f} {:>9.3f} {:>9.1f} {:>9.1f}\n", size, measured->samples,
               measured->chunks, static_cast<double>(measured->encoded) / samples,
               static_cast<double>(measured->on_disk) / samples, measured->encoding * 1e9 / samples,
               measured->decoding * 1e9 / samples);
  }
  return OkStatus();
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) {
  using namespace forewarn;
  bench::WorkloadOptions options;
  options.hosts = 100;
  options.rounds = 960;
  options.start = FromMillis(1'767'225'600'000);
  std::vector<size_t> sizes = {120, 480, 0};
  CLI::App app("Bytes and nanoseconds of a sample at rest.");
  bench::AddWorkloadFlags(app, options);
  app.add_option("--chunks", sizes, "Samples of a chunk; 0: as the head cuts them")
      ->capture_default_str();
  uint32_t chunk_bytes = HeadOptions().chunk_bytes;
  app.add_option("--chunk-bytes", chunk_bytes, "Bytes of an open chunk at which the head cuts it")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  Status status = bench::Run(options, sizes, chunk_bytes);
  if (!status.ok()) fmt::print(stderr, "{}\n", status.message());
  return status.ok() ? 0 : 1;
}

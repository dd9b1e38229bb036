#include "store/commit_check.h"

#include <fmt/format.h>

#include <map>

#include "model/ids.h"

namespace forewarn {

Status CheckCommits(std::span<const Commit> commits,
                    const std::function<uint64_t(uint32_t partition)>& last_sequence) {
  std::map<uint32_t, uint64_t> last;
  for (const Commit& commit : commits) {
    if (commit.empty) continue;
    if (commit.partition > kControlPartition) {
      return Internal(fmt::format("there is no partition {}", commit.partition));
    }
    auto [it, fresh] = last.emplace(commit.partition, 0);
    if (fresh) it->second = last_sequence(commit.partition);
    if (commit.sequence != it->second + 1) {
      return Internal(
          fmt::format("commit {} of partition {} comes after {}: a partition's sequences follow "
                      "each other without a hole",
                      commit.sequence, commit.partition, it->second));
    }
    it->second = commit.sequence;
    for (const SealedChunk& chunk : commit.chunks) {
      if (chunk.first > chunk.last || StoredDayOf(chunk.first) != StoredDayOf(chunk.last)) {
        return Internal(
            fmt::format("chunk of series {} in partition {} does not lie within one day", chunk.id,
                        commit.partition));
      }
    }
  }
  return OkStatus();
}

Status NoSuchRecord(uint32_t partition, StateKind kind, std::string_view id) {
  return NotFound(fmt::format("partition {} has no record '{}' of kind {}", partition, id,
                              static_cast<int>(kind)));
}

}  // namespace forewarn

// Writes the golden database of today's format: make_golden_store FOLDER. The last commit ends up
// in the write-ahead log, all else and the rollups in tables.

#include <cstdio>
#include <filesystem>
#include <span>

#include "model/ids.h"
#include "store/format.h"
#include "store/store.h"
#include "tests/golden/golden_store.h"

namespace {

using forewarn::Status;

Status Make(const std::string& dir) {
  std::vector<forewarn::Commit> commits = forewarn::GoldenCommits(forewarn::kStoreFormat);
  std::span<const forewarn::Commit> all = commits;
  {
    FW_ASSIGN_OR_RETURN(auto store, forewarn::OpenStore({.dir = dir + ".making"}));
    FW_RETURN_IF_ERROR(store->Commit(all.first(all.size() / 2)));
    FW_RETURN_IF_ERROR(store->Checkpoint(dir));
  }
  std::filesystem::remove_all(dir + ".making");
  FW_ASSIGN_OR_RETURN(auto store, forewarn::OpenStore({.dir = dir}));
  FW_RETURN_IF_ERROR(store->Commit(all.first(all.size() - 1).subspan(all.size() / 2)));
  forewarn::Store::Retention retention;
  retention.chunks_before = forewarn::kGoldenRawFrom;
  retention.history_before = forewarn::Timestamp::min();
  // Somebody keeps samples longer than all others.
  retention.own["another"] = {forewarn::Timestamp::min(), forewarn::Timestamp::min(),
                              forewarn::Timestamp::min()};
  retention.journal_kept_from.assign(forewarn::kPartitions + 1, 1);
  FW_RETURN_IF_ERROR(store->Drop(retention));
  return store->Commit(all.last(1));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_golden_store FOLDER\n");
    return 2;
  }
  Status status = Make(argv[1]);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  // What no reader needs, and what names this machine.
  for (const auto& item : std::filesystem::directory_iterator(argv[1])) {
    std::string name = item.path().filename();
    if (name.starts_with("OPTIONS-") || name.starts_with("LOG") || name == "LOCK") {
      std::filesystem::remove(item.path());
    }
  }
  return 0;
}

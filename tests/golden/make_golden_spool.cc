// Writes the golden spool anew: make_golden_spool FOLDER.

#include <cstdio>
#include <filesystem>

#include "tests/golden/golden_spool.h"

namespace {

using forewarn::Status;

Status Make(const std::string& folder) {
  FW_ASSIGN_OR_RETURN(auto spool, forewarn::Spool::Open(forewarn::GoldenSpoolOptions(folder),
                                                        forewarn::kGoldenSpoolStart));
  return forewarn::LiveGoldenSpool(*spool);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_golden_spool FOLDER\n");
    return 2;
  }
  Status status = Make(argv[1]);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  std::filesystem::remove(std::string(argv[1]) + "/lock");
  return 0;
}

#include <fmt/format.h>

#include "base/utf8.h"
#include "config/bundle_files.h"
#include "config/mistake.h"
#include "ctl/commands.h"

namespace forewarn {

using v1::BundleService;

namespace {

// What cannot even be sent for the collector to check.
Status CheckIsText(const std::string& dir, const std::vector<BundleFile>& files) {
  std::vector<Mistake> mistakes;
  for (const BundleFile& file : files) {
    if (Utf8Prefix(file.text) == file.text.size()) continue;
    std::optional<BadText> bad = FindBadText(file.text);
    mistakes.push_back({dir + "/" + file.path, bad->line, bad->column, std::move(bad->what)});
  }
  return MistakesToStatus(std::move(mistakes));
}

}  // namespace

Status Apply(Session& session, const std::string& dir, bool dry_run) {
  FW_ASSIGN_OR_RETURN(std::vector<BundleFile> files, ReadBundleDir(dir));
  if (files.empty())
    return InvalidArgument(dir + ": there are no files; a bundle would be emptied");
  FW_RETURN_IF_ERROR(CheckIsText(dir, files));
  v1::ApplyRequest request;
  request.set_dry_run(dry_run);
  for (BundleFile& file : files) {
    v1::File* added = request.add_files();
    added->set_path(std::move(file.path));
    added->set_text(std::move(file.text));
  }
  v1::ApplyResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<BundleService>(&BundleService::Stub::Apply, request, response));
  std::string text;
  for (const std::string& difference : response.differences()) text += Printable(difference) + "\n";
  if (!response.changed()) {
    text += fmt::format("Nothing to change: the bundle is {} already.\n", Printable(response.id()));
  } else if (dry_run) {
    text += fmt::format("Would become bundle {}. Nothing was applied.\n", Printable(response.id()));
  } else {
    text += fmt::format("Applied as bundle {}.\n", Printable(response.id()));
  }
  session.Answer(response, text);
  return OkStatus();
}

Status ShowBundle(Session& session, bool with_files) {
  v1::GetBundleResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<BundleService>(&BundleService::Stub::GetBundle,
                                                             v1::GetBundleRequest(), response));
  if (response.id().empty()) {
    session.Answer(response, "No bundle was applied yet. Apply one: forewarnctl apply -f DIR\n");
    return OkStatus();
  }
  std::string text = fmt::format("Bundle {}\n", Printable(response.id()));
  for (const v1::File& file : response.files()) {
    text += with_files
                ? fmt::format("\n# {}\n{}", Printable(file.path()), Printable(file.text(), true))
                : fmt::format("  {}  {} bytes\n", Printable(file.path()), file.text().size());
  }
  if (!with_files) {
    for (const v1::BundleApplication& one : response.applications()) {
      text += fmt::format("Applied {} by {}: {}\n", TimeText(one.at_ms()), Printable(one.actor()),
                          Printable(one.id()));
    }
  }
  session.Answer(response, text);
  return OkStatus();
}

}  // namespace forewarn

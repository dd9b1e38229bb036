#pragma once

#include <string>
#include <vector>

#include "config/mistake.h"

namespace forewarn {

// What is wrong with a command line that CLI11 could not parse because a word is left over; empty when
// none is. (The parser itself then speaks of what is missing.) `Cli` is CLI::App: a template, so that
// CLI11 is compiled by the programs' main.cc alone.
template <typename Cli>
std::string LeftOver(const Cli& cli) {
  std::vector<std::string> words = cli.remaining(true);
  if (words.empty()) return "";
  const Cli* at = &cli;  // the innermost command that was reached
  std::vector<std::string> options;
  auto add_options = [&] {
    for (const auto* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
    }
  };
  add_options();
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    add_options();
  }
  std::vector<std::string> commands;
  for (const Cli* command : at->get_subcommands([](const Cli*) { return true; })) {
    commands.push_back(command->get_name());
  }
  return UnknownWord(words.front(), commands, options);
}

}  // namespace forewarn

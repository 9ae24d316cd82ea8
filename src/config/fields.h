#pragma once

#include <string>
#include <vector>

#include "config/field.h"

namespace freshet {

/// Every key of the configuration in the order of config/freshet.toml: plain keys of a section before its
/// tables. Built at each call; loading asks once.
std::vector<Field> AllFields();

/// The keys of the business rule of this name, [rules.<name>]. A configuration may have any of them.
std::vector<Field> RuleFields(const std::string& name);

/// Why a section exists: the comment above its header in config/freshet.toml. "" for an unknown section.
std::string SectionDoc(const std::string& section);

/// The key without its last part: "models.mix" of "models.mix.learn_fraction".
std::string SectionOf(const std::string& key);

/// config/freshet.toml: every key with its default, its bounds and its comment.
std::string ReferenceToml();

/// The configuration in force as TOML, one line a key, secrets hidden.
std::string EffectiveToml(const Config& config);

}  // namespace freshet

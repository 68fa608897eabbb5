using System.Text.RegularExpressions;

namespace Sensorium.Cli.Tests;

/// <summary>docs/commands.md against the command itself.</summary>
public sealed partial class CommandsPageTests
{
    static readonly string[] Lines = File.ReadAllLines(Path.Combine(Typed.Root, "docs", "commands.md"));

    [Fact]
    public async Task Every_verb_has_its_section_and_every_section_of_one_a_verb()
    {
        string help = (await Typed.Run(TextReader.Null, "--help")).Out;
        string[] verbs = [.. Verbs().Matches(help[help.IndexOf("Commands:", StringComparison.Ordinal)..]).Select(verb => verb.Groups["name"].Value)];
        string[] sections = [.. Lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal)).SelectMany(line => line[3..].Split(", "))];
        sections.Except(["Exit codes", "Environment", "tokenizer train"], StringComparer.Ordinal).Order(StringComparer.Ordinal).ShouldBe(verbs.Except(["tokenizer"], StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_merge_left_its_marks()
    {
        string[] pages = [.. Directory.EnumerateFiles(Typed.Root, "*.md"), .. Directory.EnumerateFiles(Path.Combine(Typed.Root, "docs"), "*.md")];
        pages.Length.ShouldBeGreaterThan(3);
        foreach (string page in pages)
        {
            File.ReadLines(page).FirstOrDefault(line => line.StartsWith("<<<<<<<", StringComparison.Ordinal) || line.StartsWith(">>>>>>>", StringComparison.Ordinal)).ShouldBeNull(page);
        }
    }

    [GeneratedRegex("^  (?<name>[a-z]+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Verbs();
}

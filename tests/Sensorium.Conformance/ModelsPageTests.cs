using System.Text;
using Sensorium.Cli.Verify;
using Sensorium.Conformance.Support;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Conformance;

/// <summary>The table of families in docs/models.md is what the catalog says, and what the carried bundles verify.</summary>
public class ModelsPageTests
{
    const string Begin = "<!-- families: written from the catalog; SENSORIUM_WRITE_DOCS=1 dotnet test tests/Sensorium.Conformance --filter ModelsPage writes it anew -->\n";
    const string End = "<!-- end of families -->\n";

    [Fact]
    public void The_table_of_families_is_the_catalogs()
    {
        string file = Path.Combine(Repository.Root, "docs", "models.md");
        string page = File.ReadAllText(file).ReplaceLineEndings("\n");
        int begin = page.IndexOf(Begin, StringComparison.Ordinal), end = page.IndexOf(End, StringComparison.Ordinal);
        begin.ShouldBeGreaterThan(0, $"docs/models.md has no line {Begin}");
        end.ShouldBeGreaterThan(begin, $"docs/models.md has no line {End}");
        string table = Table();
        if (Environment.GetEnvironmentVariable("SENSORIUM_WRITE_DOCS") is { Length: > 0 })
        {
            File.WriteAllText(file, page[..(begin + Begin.Length)] + table + page[end..]);
            return;
        }

        page[(begin + Begin.Length)..end].ShouldBe(table);
    }

    static string Table()
    {
        ILookup<string, string> verified = Verified().ToLookup(pair => pair.Title, pair => pair.Bundle, StringComparer.Ordinal);
        var text = new StringBuilder("| family | `model_type` | GGUF | takes | gives | verified by |\n|---|---|---|---|---|---|\n");
        foreach (IGrouping<string, Family> family in Catalog.Families.GroupBy(f => f.Title, StringComparer.Ordinal))
        {
            text.Append("| ").Append(family.Key)
                .Append(" | ").Append(Code(family.Select(f => f.Type)))
                .Append(" | ").Append(Code(family.Where(f => f.Gguf is not null).Select(f => f.Gguf!.Architecture)))
                .Append(" | ").Append(family.First().Takes)
                .Append(" | ").Append(family.First().Gives)
                .Append(" | ").Append(Code(verified[family.Key]))
                .Append(" |\n");
        }

        return text.ToString();
    }

    static string Code(IEnumerable<string> names) => string.Join(", ", names.Distinct(StringComparer.Ordinal).Select(name => $"`{name}`"));

    /// <summary>Which family each bundle's models are of.</summary>
    static IEnumerable<(string Title, string Bundle)> Verified()
    {
        foreach (string folder in Directory.EnumerateDirectories(Repository.Bundles).Order(StringComparer.Ordinal))
        {
            using Bundle bundle = Bundle.Open(folder);
            foreach (string title in Models(bundle).Select(Title).OfType<string>().Distinct(StringComparer.Ordinal))
            {
                yield return (title, bundle.Name);
            }
        }
    }

    /// <summary>The models that a bundle's checks name, or that lie in it.</summary>
    static string[] Models(Bundle bundle)
    {
        string[] named = [.. bundle.Checks.Select(check => bundle.FindModel(check.Text("model") ?? check.Text("weights"))).OfType<string>().Distinct(StringComparer.Ordinal)];
        return named.Length > 0 ? named : Directory.GetFiles(bundle.Folder, "*.gguf");
    }

    static string? Title(string model)
    {
        try
        {
            using ModelFiles files = ModelFiles.Open(model);
            return files.Family.Title;
        }
        catch (CheckpointException)
        {
            // A processor's settings alone, or a vocabulary.
            return null;
        }
    }
}

using Sensorium.Media;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Text.Templates;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Cli.Verify;

/// <summary>Runs the checks of bundles.</summary>
public static class BundleRun
{
    const int MostBundles = 4096;

    /// <summary>The bundles at a path: the folder itself, or the folders in it.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        if (File.Exists(Path.Combine(path, "case.json")))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            string parent = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
            IEnumerable<string> beside = Directory.Exists(parent) ? Directory.EnumerateDirectories(parent).Select(d => Path.GetFileName(d)!) : [];
            throw new CheckpointException(path, $"is no folder{NearestName.Hint(Path.GetFileName(path), beside)}; name a bundle, or a folder of bundles");
        }

        string[] inside = [.. Directory.EnumerateDirectories(path).Take(MostBundles).Where(d => File.Exists(Path.Combine(d, "case.json"))).Order(StringComparer.Ordinal)];
        return inside.Length > 0 ? inside : throw new CheckpointException(path, "holds no case.json, and no folder in it does; name a bundle, or a folder of bundles");
    }

    /// <summary>A bundle's rows, as they are made.</summary>
    public static IEnumerable<CheckRow> Rows(Bundle bundle, VerifySession session)
    {
        if (!bundle.Json.TryGetProperty("checks", out _))
        {
            return CheckKinds.FindBundle(bundle.Name) is { } form
                ? Guarded(bundle, bundle.Name, () => form.Run(bundle, session))
                : [new CheckRow(bundle.Name, "", Verdict.Skipped) { Detail = "this form of bundle is not built yet" }];
        }

        return bundle.Checks
            .Where(check => Wanted(bundle, check, session.Options.Filter))
            .SelectMany(check => CheckKinds.Find(check.Kind) is { } kind
                ? Guarded(bundle, check.Name, () => kind.Run(check, session))
                : [new CheckRow(check.Name, "", Verdict.Skipped) { Detail = $"the kind '{check.Kind}' is not built yet" }]);
    }

    static bool Wanted(Bundle bundle, Check check, string? filter) =>
        filter is null || check.Name.Contains(filter, StringComparison.OrdinalIgnoreCase) || bundle.Name.Contains(filter, StringComparison.OrdinalIgnoreCase);

    /// <summary>Turns a skip into a row, and an error into a failed one: one check does not end the run.</summary>
    static IEnumerable<CheckRow> Guarded(Bundle bundle, string name, Func<IEnumerable<CheckRow>> run)
    {
        IEnumerator<CheckRow>? rows = null;
        try
        {
            while (true)
            {
                CheckRow? row = null;
                CheckRow? last = null;
                try
                {
                    rows ??= run().GetEnumerator();
                    row = rows.MoveNext() ? rows.Current : null;
                }
                catch (SkipException skip)
                {
                    last = new CheckRow(name, "", Verdict.Skipped) { Detail = skip.Message };
                }
                catch (CheckpointException) when (!IsBuilt(bundle.Family))
                {
                    last = new CheckRow(name, "", Verdict.Skipped) { Detail = $"the family '{bundle.Family}' is not built yet" };
                }
                catch (Exception e) when (IsFailure(e))
                {
                    last = new CheckRow(name, "", Verdict.Failed) { Detail = $"{e.GetType().Name}: {e.Message}" };
                }

                if ((row ?? last) is not { } made)
                {
                    yield break;
                }

                yield return made;
                if (last is not null)
                {
                    yield break;
                }
            }
        }
        finally
        {
            rows?.Dispose();
        }
    }

    // timm's checkpoints are named by their architecture in the catalog, by their kind in the bundles.
    static bool IsBuilt(string family) =>
        family is "efficientnet" or "timm_wrapper" || Catalog.Families.Any(f => f.Type == family);

    static bool IsFailure(Exception e) => e
        is CheckpointException or MediaException or RequestException or TokenizerException or TemplateException
        or ArgumentException or InvalidOperationException or KeyNotFoundException or FormatException or NotSupportedException or IndexOutOfRangeException or OverflowException;
}

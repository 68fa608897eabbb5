using System.IO.Compression;
using System.Text.Json;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>Files of the reference bundles that tests borrow data from: those that the repository carries, else those in shared/conformance beside it.</summary>
internal static class BundleFiles
{
    /// <summary>A file's bytes, unpacked if it is gzipped; null where it is not there.</summary>
    public static byte[]? Bytes(string bundle, string file)
    {
        if (Find(bundle, file) is not { } path) return null;
        using var stream = File.OpenRead(path);
        using var all = new MemoryStream();
        if (file.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var zip = new GZipStream(stream, CompressionMode.Decompress);
            zip.CopyTo(all);
        }
        else stream.CopyTo(all);
        return all.ToArray();
    }

    /// <summary>The cases of the checks whose name begins so, each with the check's options: text, special tokens added, special tokens found, ids.</summary>
    public static IEnumerable<(string Text, bool Add, bool Parse, int[] Ids)> Cases(string bundle, string check)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(Find(bundle, check + ".tokenizer.json.gz"))!, "case.json")));
        foreach (var one in json.RootElement.GetProperty("checks").EnumerateArray().Where(c => c.GetProperty("tokenizer").GetString()!.StartsWith(check + ".", StringComparison.Ordinal)))
        {
            if (one.TryGetProperty("options", out var given) && given.EnumerateObject().Any(o => o.Name is not ("add_special_tokens" or "split_special_tokens"))) continue;
            foreach (var item in one.GetProperty("cases").EnumerateArray())
            {
                if (item.TryGetProperty("options", out _) || item.TryGetProperty("pair", out _) || !item.TryGetProperty("text", out var text)) continue;
                var options = one.GetProperty("options");
                yield return (text.GetString()!, Flag(options, "add_special_tokens", true), !Flag(options, "split_special_tokens", false), [.. item.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())]);
            }
        }
    }

    static bool Flag(JsonElement options, string key, bool missing) => options.TryGetProperty(key, out var value) ? value.GetBoolean() : missing;

    static string? Find(string bundle, string file)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (string place in (string[])["tests/Sensorium.Conformance/bundles", "shared/conformance"])
            {
                string path = Path.Combine(folder.FullName, place, bundle, file);
                if (File.Exists(path)) return path;
            }
        }
        return null;
    }
}

using System.IO.Compression;
using System.Text.Json;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>Finds the reference bundles where they stand: in a folder "shared" beside any folder above the test assembly.</summary>
internal static class SharedData
{
    public static readonly string? Root = Find();

    static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(Path.Combine(candidate, "conformance"))) return candidate;
        }
        return null;
    }

    public static bool Has(string bundle) => Root is not null && File.Exists(Path.Combine(Root, "conformance", bundle, "case.json"));

    public static string PathOf(string bundle, string file) => Path.Combine(Root!, "conformance", bundle, file);

    public static JsonDocument Case(string bundle) => JsonDocument.Parse(File.ReadAllBytes(PathOf(bundle, "case.json")));

    /// <summary>A file's bytes, unpacked if it is gzipped.</summary>
    public static byte[] Bytes(string bundle, string file)
    {
        byte[] raw = File.ReadAllBytes(PathOf(bundle, file));
        if (!file.EndsWith(".gz", StringComparison.Ordinal)) return raw;
        using var zip = new GZipStream(new MemoryStream(raw), CompressionMode.Decompress);
        using var all = new MemoryStream();
        zip.CopyTo(all);
        return all.ToArray();
    }

    public static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(x => x.GetInt32())];
}

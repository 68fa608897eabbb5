using System.Security.Cryptography;
using System.Text.Json;
using Sensorium.Media;
using Sensorium.Media.Images;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>decode-image</c>: files to pixels, equal to the byte, and files that are refused.</summary>
sealed class DecodeImageCheck : ICheckKind
{
    public string Kind => "decode-image";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        if (!check.Json.TryGetProperty("cases", out JsonElement cases))
        {
            throw new SkipException("decoding latents is not built yet");
        }

        var counter = new CaseCounter(check.Name);
        foreach (JsonElement one in cases.EnumerateArray())
        {
            string file = one.GetProperty("file").GetString()!;
            counter.Count(file, () => Difference(one, ImageDecoder.DecodeFile(check.Find(file))));
        }

        return check.Json.TryGetProperty("refused", out JsonElement refused) ? [.. counter.Rows, .. Refused(check, refused)] : counter.Rows;
    }

    static string? Difference(JsonElement one, Image image)
    {
        string form = one.TryGetProperty("form", out JsonElement named) ? named.GetString()! : one.GetProperty("mode").ValueEquals("L") ? "gray8" : "rgb8";
        Image pixels = form switch
        {
            "rgba8" => image.ToRgba(),
            "gray16" or "gray8" => image,
            _ => image.ToRgb(),
        };
        int width = one.GetProperty("width").GetInt32();
        int height = one.GetProperty("height").GetInt32();
        if (pixels.Width != width || pixels.Height != height)
        {
            return $"is {pixels.Width} x {pixels.Height}, expected {width} x {height}";
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(pixels.Memory.Span));
        return one.GetProperty("sha256").ValueEquals(hash) ? null : $"has other pixels (mode {image.Mode}, sha256 {hash})";
    }

    /// <summary>Files that the reference does not open: a decoder here may do more (lossless JPEG), but what it refuses it must refuse by its typed error.</summary>
    static IEnumerable<CheckRow> Refused(Check check, JsonElement files)
    {
        var counter = new CaseCounter(check.Name + " (refused)");
        bool mayDecode = check.Bundle.Json.GetProperty("notes").EnumerateArray().Any(n => n.GetString()!.Contains("may do more", StringComparison.Ordinal));
        foreach (JsonElement one in files.EnumerateArray())
        {
            string file = one.GetProperty("file").GetString()!;
            counter.Count(file, () =>
            {
                string path = check.Find(file);
                try
                {
                    Image image = ImageDecoder.DecodeFile(path);
                    return mayDecode ? null : $"is decoded ({image.Width} x {image.Height}), expected a refusal";
                }
                catch (MediaException)
                {
                    return null;
                }
            });
        }

        return counter.Rows;
    }
}

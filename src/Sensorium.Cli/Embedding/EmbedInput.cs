using System.Text;
using Sensorium.Cli.Errors;
using Sensorium.Media.Images;
using Sensorium.Models.Loading;

namespace Sensorium.Cli.Embedding;

/// <summary>One thing to embed: a text, a file's text, or a picture.</summary>
/// <param name="Kind">Text or picture.</param>
/// <param name="Text">The text itself; null where it is a file's.</param>
/// <param name="File">The file; null for a text that was given.</param>
sealed record EmbedInput(Embeds Kind, string? Text, string? File)
{
    const long LargestText = 16L << 20;

    static readonly string[] TextEndings = [".txt", ".md"];
    static readonly string[] PictureEndings = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif"];

    /// <summary>A text.</summary>
    public static EmbedInput Of(string text) => new(Embeds.Texts, text, null);

    /// <summary>What an argument means: a file where there is one of this name or where it can only be a file's name, else a text.</summary>
    /// <exception cref="UsageException">The file is not there, a folder, or of no kind that is embedded.</exception>
    public static EmbedInput OfArgument(string argument)
    {
        bool looksLikeFile = !argument.Any(char.IsWhiteSpace) && HasEnding(argument, [.. TextEndings, .. PictureEndings]);
        bool looksLikeFolder = Directory.Exists(argument) && argument.AsSpan().IndexOfAny('/', '\\') >= 0;
        if (!System.IO.File.Exists(argument) && !looksLikeFile && !looksLikeFolder)
        {
            return Of(argument);
        }

        Files.Demand(argument);
        ImageFormat format = Sniff(argument);
        if (format == ImageFormat.Text || HasEnding(argument, TextEndings))
        {
            return new EmbedInput(Embeds.Texts, null, argument);
        }

        return HasEnding(argument, PictureEndings) || format is > ImageFormat.Unknown and < ImageFormat.Svg
            ? new EmbedInput(Embeds.Pictures, null, argument)
            : throw new UsageException($"{argument} is {ImageSniffer.Describe(format)}, neither a picture (JPEG, PNG) nor text; give its text in quotes, or through standard input (a text a line)");
    }

    /// <summary>The text to embed.</summary>
    /// <exception cref="UsageException">The file is too large, or no text.</exception>
    public string ReadText()
    {
        if (File is null)
        {
            return Text!;
        }

        long length = new FileInfo(File).Length;
        if (length > LargestText)
        {
            throw new UsageException($"{File} has {length} bytes; a text to embed has {LargestText} at most");
        }

        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(System.IO.File.ReadAllBytes(File)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"{File} is no UTF-8 text; save it as UTF-8");
        }
    }

    static ImageFormat Sniff(string file)
    {
        Span<byte> start = stackalloc byte[512];
        using FileStream stream = System.IO.File.OpenRead(file);
        return ImageSniffer.Sniff(start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
    }

    static bool HasEnding(string name, string[] endings) => endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}

using System.Security.Cryptography;
using Sensorium.Media;
using Sensorium.Media.Images;

namespace Sensorium.Models.Systems;

/// <summary>A picture as it came: its bytes decide what it is. Decoding is put off until the model looks.</summary>
public sealed class Picture
{
    readonly ReadOnlyMemory<byte> bytes;

    /// <param name="name">A name for messages: the file, the address.</param>
    /// <param name="bytes">The encoded picture.</param>
    public Picture(string name, ReadOnlyMemory<byte> bytes)
    {
        Name = name;
        this.bytes = bytes;
        Key = Convert.ToHexString(SHA256.HashData(bytes.Span));
    }

    /// <summary>Reads a file.</summary>
    public static Picture FromFile(string path) => new(path, File.ReadAllBytes(path));

    /// <summary>A name for messages.</summary>
    public string Name { get; }

    /// <summary>SHA-256 of the bytes.</summary>
    public string Key { get; }

    /// <summary>What the file says of itself, before any pixel is decoded.</summary>
    /// <exception cref="MediaException">The bytes are no picture that can be read.</exception>
    public ImageHeader ReadHeader() => ImageDecoder.ReadHeader(bytes, Name);

    /// <summary>Decodes it, the right way up.</summary>
    /// <exception cref="MediaException">The bytes are no picture that can be read, or it is over the budget.</exception>
    public Image Decode(MediaBudget budget) => ImageDecoder.Decode(bytes, Name, budget).Upright();
}

/// <summary>A piece of a message.</summary>
public abstract record ContentPart
{
    /// <summary>Text.</summary>
    public sealed record Text(string Value) : ContentPart;

    /// <summary>A picture.</summary>
    public sealed record Image(Picture Picture) : ContentPart;
}

/// <summary>A message of a conversation.</summary>
/// <param name="Role">system, user, assistant or tool.</param>
/// <param name="Parts">What it says, in order.</param>
public sealed record Message(string Role, IReadOnlyList<ContentPart> Parts)
{
    /// <summary>A message of text alone.</summary>
    public Message(string role, string text)
        : this(role, [new ContentPart.Text(text)])
    {
    }
}

/// <summary>A run of a prompt's rows: token ids, or a picture's soft tokens.</summary>
public sealed record PromptSpan
{
    PromptSpan(int[] ids, Picture? picture, int length, bool bidirectional)
    {
        Ids = ids;
        Picture = picture;
        Length = length;
        IsBidirectional = bidirectional;
    }

    /// <summary>The token ids; empty for a picture.</summary>
    public int[] Ids { get; }

    /// <summary>The picture whose soft tokens stand here.</summary>
    public Picture? Picture { get; }

    /// <summary>Rows.</summary>
    public int Length { get; }

    /// <summary>Whether its rows see each other both ways.</summary>
    public bool IsBidirectional { get; }

    /// <summary>Token ids.</summary>
    public static PromptSpan Of(int[] ids) => new(ids, null, ids.Length, false);

    /// <summary>A picture's soft tokens.</summary>
    public static PromptSpan Of(Picture picture, int softTokens, bool bidirectional = false) => new([], picture, softTokens, bidirectional);
}

namespace Sensorium.Media;

/// <summary>Why a piece of media was refused.</summary>
public enum MediaErrorKind
{
    /// <summary>The bytes contradict their own format, or end too early.</summary>
    Corrupt,

    /// <summary>The bytes are a format, or a variant of one, that is not decoded here.</summary>
    Unsupported,

    /// <summary>The media is valid as far as it was read, but larger than the <see cref="MediaBudget"/> allows.</summary>
    TooLarge,

    /// <summary>The file could not be found or read.</summary>
    Unreadable,
}

/// <summary>Media that cannot be decoded. The message names the file, what is wrong with it and what to do.</summary>
public sealed class MediaException : Exception
{
    /// <param name="kind">Why the media was refused.</param>
    /// <param name="name">The file or other source, as the caller named it.</param>
    /// <param name="problem">What is wrong, with the numbers, as a sentence without its full stop.</param>
    /// <param name="advice">What to do about it, as a sentence without its full stop.</param>
    /// <param name="inner">The error that led to this one.</param>
    public MediaException(MediaErrorKind kind, string name, string problem, string advice, Exception? inner = null)
        : base($"{name}: {problem}. {advice}.", inner)
    {
        Kind = kind;
        Name = name;
        Problem = problem;
        Advice = advice;
    }

    /// <summary>Why the media was refused.</summary>
    public MediaErrorKind Kind { get; }

    /// <summary>The file or other source, as the caller named it.</summary>
    public string Name { get; }

    /// <summary>What is wrong, without the file's name.</summary>
    public string Problem { get; }

    /// <summary>What to do about it.</summary>
    public string Advice { get; }

    /// <summary>An error for bytes that contradict their format.</summary>
    public static MediaException Corrupt(string name, string problem, Exception? inner = null) =>
        new(MediaErrorKind.Corrupt, name, problem, "Replace the file, or open and save it again with an image or audio editor", inner);

    /// <summary>An error for a format or variant that is not decoded here.</summary>
    public static MediaException Unsupported(string name, string problem, string advice) =>
        new(MediaErrorKind.Unsupported, name, problem, advice);

    /// <summary>An error for media larger than the budget.</summary>
    public static MediaException TooLarge(string name, string problem, string advice) =>
        new(MediaErrorKind.TooLarge, name, problem, advice);
}

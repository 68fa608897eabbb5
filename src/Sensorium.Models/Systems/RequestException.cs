namespace Sensorium.Models.Systems;

/// <summary>Why a request cannot be answered.</summary>
public enum RequestError
{
    /// <summary>The prompt, or prompt and answer, are longer than the context.</summary>
    ContextOverflow,

    /// <summary>More pictures than the model takes.</summary>
    TooManyPictures,

    /// <summary>The model does not take this kind of content.</summary>
    UnsupportedContent,

    /// <summary>An option that the model or the runtime does not support.</summary>
    UnsupportedOption,

    /// <summary>The model has no chat template.</summary>
    NoChatTemplate,

    /// <summary>More memory would be needed than is allowed.</summary>
    OutOfMemory,
}

/// <summary>A request that cannot be answered as it is; the message has the numbers and says what to do.</summary>
public sealed class RequestException(RequestError error, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public RequestError Error { get; } = error;
}

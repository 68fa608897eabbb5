using Sensorium.Media;
using Sensorium.Models.Backbones;
using Sensorium.Tensors;
using Sensorium.Text.Templates;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Models.Systems;

/// <summary>
/// What answers: a backbone with its tokenizer and chat template, and whatever gives it soft tokens. Immutable once
/// loaded and shared by all callers.
/// </summary>
public abstract class LanguageSystem
{
    ContentForm? form;

    /// <summary>A short name for messages.</summary>
    public required string Name { get; init; }

    /// <summary>The language model.</summary>
    public required Backbone Backbone { get; init; }

    /// <summary>Text to ids and back.</summary>
    public required Tokenizer Tokenizer { get; init; }

    /// <summary>How a conversation becomes a prompt; null for a model that only continues text.</summary>
    public ChatTemplate? ChatTemplate { get; init; }

    /// <summary>The checkpoint's own settings for answers.</summary>
    public required GenerationConfig Generation { get; init; }

    /// <summary>What weights, settings and processors are: part of every cache key.</summary>
    public required string Identity { get; init; }

    /// <summary>The most pictures of one request; 0 for a model of text alone.</summary>
    public virtual int MaxPictures => 0;

    /// <summary>The id of the vocabulary that stands where a picture stands, and that the chat template prints there; null: there is none.</summary>
    public virtual int? PicturePlaceholder => null;

    /// <summary>What the model was trained to read between a picture and the text after it, where the chat template does not say.</summary>
    public virtual string AfterPicture => "";

    /// <summary>What the chat template takes; found at the first prompt.</summary>
    internal ContentForm ContentForm => form ??= Templates.FormOf(ChatTemplate!, Tokenizer, PicturePlaceholder is { } id ? Tokenizer.TokenOf(id) : null);

    /// <summary>How many soft tokens a picture becomes.</summary>
    public virtual int SoftTokens(Picture picture) => throw new NotSupportedException($"{Name} takes no pictures");

    /// <summary>Decodes a picture and brings it to what the encoders take: work for any thread, while the device computes.</summary>
    /// <exception cref="MediaException">It is no picture that can be read, or it is over the budget.</exception>
    public virtual PreparedPicture Prepare(Picture picture, MediaBudget budget) => throw new NotSupportedException($"{Name} takes no pictures");

    /// <summary>A prepared picture's soft tokens, [SoftTokens, hidden].</summary>
    public virtual Tensor Encode(Compute c, PreparedPicture picture) => throw new NotSupportedException($"{Name} takes no pictures");

    /// <summary>A picture's soft tokens, [SoftTokens, hidden].</summary>
    /// <exception cref="MediaException">It is no picture that can be read, or it is over the budget.</exception>
    public Tensor Encode(Compute c, Picture picture, MediaBudget budget) => Encode(c, Prepare(picture, budget));

    /// <summary>
    /// An encoder–decoder without a chat template: it knows no conversation, but a message is a source and is answered by itself.
    /// </summary>
    public bool AnswersOneMessage => ChatTemplate is null && Backbone is EncoderDecoder;

    /// <summary>The prompt of a conversation, or of the one message that the model answers.</summary>
    /// <exception cref="RequestException">There is no message, the model has no chat template, or takes one message and these are several, or it takes no pictures, or fewer than these.</exception>
    public IReadOnlyList<PromptSpan> Prompt(IReadOnlyList<Message> messages) =>
        messages.Count == 0 ? throw new RequestException(RequestError.UnsupportedContent, "the conversation has no messages, so there is nothing to answer; give one of the user at least")
        : AnswersOneMessage ? SourceLayout.Of(this, messages) : PromptLayout.Of(this, messages);
}

/// <summary>A language model by itself.</summary>
public sealed class TextSystem : LanguageSystem;

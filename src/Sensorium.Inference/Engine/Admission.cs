using Sensorium.Inference.Sampling;
using Sensorium.Models.Backbones;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>Checks requests against what a model takes and what its memory holds, and makes sequences of them. Thread-safe.</summary>
sealed class Admission(LanguageSystem system, EngineOptions options, KvStore store)
{
    /// <summary>Makes a request's sequence.</summary>
    /// <param name="request">The request.</param>
    /// <param name="stop">What the generation calls when it is stopped.</param>
    /// <exception cref="RequestException">It cannot be answered; the numbers are in the message.</exception>
    public Sequence Prepare(GenerationRequest request, Action<Generation> stop)
    {
        int prompt = request.Prompt.Sum(s => s.Length);
        if (prompt == 0)
        {
            throw new RequestException(RequestError.UnsupportedContent, "the prompt is empty");
        }

        if (request.MaxNewTokens is < 1)
        {
            throw new RequestException(RequestError.UnsupportedOption, $"max tokens is 1 or more, not {request.MaxNewTokens}");
        }

        CheckIds(request);
        Sampler sampler = request.Sampling.ToSampler();
        SourceMemory? source = null;
        IReadOnlyList<PromptSpan> own = request.Prompt;
        int most;
        if (system.Backbone is EncoderDecoder model)
        {
            source = new SourceMemory(new RequestRows(request.Prompt, room: 0));
            int[] start = [.. request.AnswerStart ?? [model.DecoderStartTokenId]];
            own = [PromptSpan.Of(start)];
            most = LongestAnswer(request, model, prompt, start.Length);
        }
        else
        {
            most = request.AnswerStart is null
                ? LongestAnswer(request, prompt)
                : throw new RequestException(RequestError.UnsupportedOption, $"{system.Name} is no encoder–decoder: its answer begins where the prompt ends; put the answer's beginning at the prompt's end");
        }

        var generation = new Generation(most, stop) { Usage = new GenerationUsage(prompt, request.Prompt.Where(s => s.Picture is not null).Sum(s => s.Length), 0, 0, 0) };
        return new Sequence(new RequestRows(own, most), source, generation, sampler, request.EndIds ?? system.Generation.EosTokenIds);
    }

    /// <summary>An id without an embedding would fail the pass, and with it everyone who shares it.</summary>
    void CheckIds(GenerationRequest request)
    {
        int first = 0;
        foreach (PromptSpan span in request.Prompt)
        {
            Vocabulary.Check(span.Ids, system.Backbone.VocabularySize, system.Name, "prompt", first);
            first += span.Length;
        }

        if (request.AnswerStart is { } start)
        {
            Vocabulary.Check([.. start], system.Backbone.VocabularySize, system.Name, "answer's beginning");
        }
    }

    /// <summary>How long the continuation of a prompt may become.</summary>
    int LongestAnswer(GenerationRequest request, int prompt)
    {
        int context = system.Backbone.ContextLength;
        if (prompt >= context)
        {
            throw new RequestException(RequestError.ContextOverflow, $"the prompt has {prompt} tokens, {system.Name} takes {context} in all, answer included; shorten the prompt");
        }

        int wanted = request.MaxNewTokens ?? system.Generation.MaxNewTokens ?? context - prompt;
        if (request.MaxNewTokens is { } asked && asked > context - prompt)
        {
            throw new RequestException(RequestError.ContextOverflow, $"the prompt has {prompt} tokens and {asked} new ones were asked for, {system.Name} takes {context} in all; ask for at most {context - prompt} (--max-tokens)");
        }

        int most = Math.Min(wanted, context - prompt);
        long capacity = store.TokensBeside(0);
        if (most > capacity - prompt && request.MaxNewTokens is null)
        {
            most = (int)(capacity - prompt);
        }

        return most >= 1 && most <= capacity - prompt
            ? most
            : throw new RequestException(RequestError.OutOfMemory, $"prompt and answer may have {prompt + (long)Math.Max(most, 1)} tokens, the memory allowed for keys and values ({options.KvBytes >> 20} MiB) holds {capacity}");
    }

    /// <summary>How long the answer to a source may become, which the decoder begins with some tokens.</summary>
    int LongestAnswer(GenerationRequest request, EncoderDecoder model, int source, int start)
    {
        if (start < 1)
        {
            throw new RequestException(RequestError.UnsupportedOption, "the answer's beginning is empty; a decoder needs one token at least");
        }

        if (source > model.SourceLength)
        {
            throw new RequestException(RequestError.ContextOverflow, $"the source has {source} tokens, {system.Name} reads {model.SourceLength} at most; shorten it");
        }

        int room = model.ContextLength - start;
        if (room < 1 || request.MaxNewTokens > room)
        {
            throw new RequestException(RequestError.ContextOverflow, $"{request.MaxNewTokens ?? 1} new tokens after {start} were asked for, {system.Name} writes {model.ContextLength} in all; ask for at most {Math.Max(room, 0)} (--max-tokens)");
        }

        int most = Math.Min(request.MaxNewTokens ?? system.Generation.MaxNewTokens ?? model.UsualAnswer, room);
        long fits = store.TokensBeside(source) - start;
        if (most > fits && request.MaxNewTokens is null)
        {
            most = (int)Math.Max(fits, 0);
        }

        return most >= 1 && most <= fits
            ? most
            : throw new RequestException(RequestError.OutOfMemory, $"a source of {source} tokens and an answer of {start + (long)Math.Max(most, 1)} need {Mebibytes(store.BytesFor(start + (long)Math.Max(most, 1), source))} MiB for keys and values, {Mebibytes(options.KvBytes)} MiB are allowed; shorten the source or ask for fewer tokens (--max-tokens)");
    }

    static string Mebibytes(long bytes) => (bytes / (double)(1 << 20)).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);
}

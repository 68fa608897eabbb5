namespace Sensorium.Text.Templates.Syntax;

/// <summary>A template's syntax tree.</summary>
/// <param name="Names">The variables that it mentions, by their slots.</param>
/// <param name="Body">Its statements.</param>
/// <param name="Blocks">Its named blocks.</param>
internal sealed record ParsedTemplate(IReadOnlyList<string> Names, Statement[] Body, IReadOnlyDictionary<string, Statement> Blocks);
